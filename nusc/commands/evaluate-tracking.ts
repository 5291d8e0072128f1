/**
 * `nusc evaluate-tracking`
 * @module
 */
import type { TrackingName } from "../categories.ts";
import { writeCurves, writeMetrics } from "../eval/common/mod.ts";
import {
  evaluateTracking,
  trackingCurveTable,
  trackingTables,
} from "../eval/tracking/mod.ts";
import { openDataset } from "../tables/mod.ts";
import { checkOutputs } from "./outputs.ts";
import { selectionOf } from "./selection.ts";
import { textTable } from "./text.ts";

/** Flags of the command. */
export interface EvaluateTrackingFlags {
  root: string;
  results: string;
  version?: string;
  split?: string;
  scenes?: string[];
  classes?: string[];
  out?: string;
  curves?: string;
}

/** Evaluates, prints the tables, writes the files. */
export function evaluateTracks(
  flags: EvaluateTrackingFlags,
  print: (text: string) => void,
): void {
  checkOutputs(flags);
  const dataset = openDataset(flags.root, flags.version);
  const evaluation = evaluateTracking(
    dataset,
    flags.results,
    {
      ...selectionOf(dataset, flags),
      // Unknown names are refused where they are used.
      classes: flags.classes as TrackingName[] | undefined,
    },
  );
  for (const note of evaluation.notes) print(`note: ${note}\n`);
  for (const table of trackingTables(evaluation.summary)) {
    print(textTable(table));
  }
  if (flags.curves) {
    writeCurves(flags.curves, trackingCurveTable(evaluation.details));
    print(`Wrote ${flags.curves}\n`);
  }
  if (!flags.out) return;
  writeMetrics(flags.out, evaluation);
  print(`Wrote ${flags.out}/metrics_summary.json and metrics_details.json\n`);
}
