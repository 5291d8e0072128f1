/**
 * How evaluating stages end: the devkit's files, then tables for people.
 * @module
 */
import type { StageContext } from "../../pipeline/stage.ts";
import { type MetricTable, writeMetrics } from "../../nusc/mod.ts";

/** What an evaluation has found. */
export interface Evaluation {
  /** Contents of the devkit's `metrics_summary.json`. */
  summary: unknown;
  /** Contents of the devkit's `metrics_details.json`. */
  details: unknown;
  /** What people should know, such as classes that were left out. */
  notes: readonly string[];
}

/** Writes an evaluation's files, and tells its notes and tables. */
export function reportMetrics(
  { output, emit }: Pick<StageContext<unknown>, "output" | "emit">,
  evaluation: Evaluation,
  tables: readonly MetricTable[],
): void {
  writeMetrics(output, evaluation);
  for (const text of evaluation.notes) {
    emit({ type: "message", level: "warning", text });
  }
  for (const table of tables) emit({ type: "table", ...table });
}
