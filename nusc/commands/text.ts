/**
 * Tables as plain text.
 * @module
 */

/** Columns padded with spaces; numbers with four digits, at the right. */
export function textTable(
  { title, columns, rows }: {
    title: string;
    columns: readonly string[];
    rows: readonly (readonly (string | number)[])[];
  },
): string {
  const cells = rows.map((row) =>
    row.map((cell) => typeof cell === "number" ? format(cell) : cell)
  );
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((row) => row[i]!.length))
  );
  const line = (row: readonly string[], of?: readonly (string | number)[]) =>
    row.map((cell, i) =>
      typeof of?.[i] === "string"
        ? cell.padEnd(widths[i]!)
        : cell.padStart(widths[i]!)
    ).join("  ").trimEnd();
  const head = line(columns, rows[0]);
  const body = cells.map((row, i) => line(row, rows[i]));
  return ["", title, head, ...body, ""].join("\n");
}

function format(value: number): string {
  if (Number.isNaN(value)) return "-";
  return Number.isInteger(value) ? `${value}` : value.toFixed(4);
}
