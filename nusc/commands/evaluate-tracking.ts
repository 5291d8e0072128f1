/**
 * `nusc evaluate-tracking`
 * @module
 */
import { writeMetrics } from "../eval/common/mod.ts";
import { evaluateTracking, trackingTables } from "../eval/tracking/mod.ts";
import { openDataset } from "../tables/mod.ts";
import { selectionOf } from "./selection.ts";
import { textTable } from "./text.ts";

/** Flags of the command. */
export interface EvaluateTrackingFlags {
  root: string;
  results: string;
  version?: string;
  split?: string;
  scenes?: string[];
  out?: string;
}

/** Evaluates, prints the tables, writes the files. */
export function evaluateTracks(
  flags: EvaluateTrackingFlags,
  print: (text: string) => void,
): void {
  const dataset = openDataset(flags.root, flags.version);
  const evaluation = evaluateTracking(
    dataset,
    flags.results,
    selectionOf(dataset, flags),
  );
  for (const note of evaluation.notes) print(`note: ${note}\n`);
  for (const table of trackingTables(evaluation.summary)) {
    print(textTable(table));
  }
  if (!flags.out) return;
  writeMetrics(flags.out, evaluation);
  print(`Wrote ${flags.out}/metrics_summary.json and metrics_details.json\n`);
}
