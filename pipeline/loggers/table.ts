/**
 * Tables of text: words to the left, numbers to the right.
 * @module
 */
import { fit, number } from "./format.ts";

/** Lines of a table with its columns' names; too wide ones are cut. */
export function formatTable(
  columns: string[],
  rows: (string | number)[][],
  width = Infinity,
): string[] {
  const cells = rows.map((row) =>
    columns.map((_, column) => {
      const cell = row[column] ?? "";
      return typeof cell === "number" ? number(cell) : cell;
    })
  );
  const isRight = columns.map((_, column) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number")
  );
  const widths = columns.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]!.length))
  );
  const line = (row: string[]) =>
    fit(
      row.map((cell, column) =>
        isRight[column]
          ? cell.padStart(widths[column]!)
          : cell.padEnd(widths[column]!)
      ).join("  ").trimEnd(),
      width,
    );
  return [
    line(columns),
    line(widths.map((size) => "─".repeat(size))),
    ...cells.map(line),
  ];
}
