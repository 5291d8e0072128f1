/**
 * Metrics as tables for people.
 * @module
 */

/** A table; numbers are rounded where they are shown. */
export interface MetricTable {
  /** A line above the table. */
  title: string;
  /** Heads of the columns. */
  columns: string[];
  /** [rows][columns]; NaN where a number is undefined. */
  rows: (string | number)[][];
}
