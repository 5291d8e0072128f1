/**
 * Curves as rows of numbers, for whatever plots them.
 * @module
 */
import { extname } from "node:path";
import { ResultsError } from "../../errors.ts";
import { writeWholeSync } from "../../whole.ts";

/** Curves as a table: one row a point, NaN where a value is undefined. */
export interface CurveTable {
  /** Names, such as `class`, `threshold`, `recall`, `precision`. */
  columns: string[];
  /** Texts and numbers in the columns' order. */
  rows: (string | number)[][];
}

/**
 * One row a point out of lists of equal length by name.
 * @param curves by any key; each value holds the curves of one plot
 * @param head the first cells of a key's rows
 */
export function curveTable<Name extends string>(
  headColumns: readonly string[],
  names: readonly Name[],
  curves: Record<string, Record<Name, Float64Array>>,
  head: (key: string) => (string | number)[],
): CurveTable {
  const rows = Object.entries(curves).flatMap(([key, lists]) =>
    Array.from(
      lists[names[0]!],
      (_, i) => [...head(key), ...names.map((name) => lists[name][i]!)],
    )
  );
  return { columns: [...headColumns, ...names], rows };
}

/** Endings that {@link writeCurves} knows. */
const FORMATS: Record<string, (table: CurveTable) => string> = {
  ".csv": ({ columns, rows }) =>
    [columns, ...rows].map((row) => row.join(",") + "\n").join(""),
  ".json": ({ columns, rows }) =>
    "[\n" + rows.map((row) =>
      JSON.stringify(
        Object.fromEntries(row.map((cell, i) => [columns[i], cell])),
      )
    ).join(",\n") + "\n]\n",
};

/**
 * Writes curves as its ending says: `.csv`, or `.json` as a list of objects.
 * Undefined values are `NaN` in CSV and null in JSON.
 * @throws {ResultsError} for another ending
 */
export function writeCurves(path: string, table: CurveTable): void {
  writeWholeSync(path, formatOf(path)(table));
}

/**
 * Checks the ending of a path for {@link writeCurves} before there is work.
 * @throws {ResultsError} for another ending than `.csv` and `.json`
 */
export function checkCurvesPath(path: string): void {
  formatOf(path);
}

function formatOf(path: string): (table: CurveTable) => string {
  const ending = extname(path).toLowerCase();
  const format = FORMATS[ending];
  if (format) return format;
  throw new ResultsError(
    `Cannot write curves to ${path}: the ending is "${ending}", expected ` +
      Object.keys(FORMATS).join(" or "),
  );
}
