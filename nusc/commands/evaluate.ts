/**
 * `nusc evaluate`
 * @module
 */
import { writeCurves, writeMetrics } from "../eval/common/mod.ts";
import {
  detectionCurves,
  detectionTables,
  evaluateDetection,
} from "../eval/detection/mod.ts";
import type { DetectionName } from "../infos/types.ts";
import { openDataset } from "../tables/mod.ts";
import { checkOutputs } from "./outputs.ts";
import { selectionOf } from "./selection.ts";
import { textTable } from "./text.ts";

/** Flags of the command. */
export interface EvaluateFlags {
  root: string;
  results: string;
  version?: string;
  split?: string;
  scenes?: string[];
  classes?: string[];
  skipAbsent?: boolean;
  out?: string;
  curves?: string;
}

/** Evaluates, prints the tables, writes the files. */
export function evaluate(
  flags: EvaluateFlags,
  print: (text: string) => void,
): void {
  checkOutputs(flags);
  const dataset = openDataset(flags.root, flags.version);
  const evaluation = evaluateDetection(dataset, flags.results, {
    ...selectionOf(dataset, flags),
    // Unknown names are refused where they are used.
    classes: flags.classes as DetectionName[] | undefined,
    absent: flags.skipAbsent ? "skip" : "zero",
  });
  for (const note of evaluation.notes) print(`note: ${note}\n`);
  for (const table of detectionTables(evaluation.summary)) {
    print(textTable(table));
  }
  if (flags.curves) {
    writeCurves(flags.curves, detectionCurves(evaluation.details));
    print(`Wrote ${flags.curves}\n`);
  }
  if (!flags.out) return;
  writeMetrics(flags.out, evaluation);
  print(`Wrote ${flags.out}/metrics_summary.json and metrics_details.json\n`);
}
