/**
 * Metrics as tables for people.
 * @module
 */

/** A table; numbers are rounded where they are shown. */
export interface MetricTable {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}
