/**
 * Rows of golden comparisons, printed as a table when a test file ends and
 * the environment variable GOLDEN_TABLE is set.
 * @module
 */

/** One comparison with a recorded array. */
export interface GoldenRow {
  fixture: string;
  array: string;
  /** max |x − reference| / rms(reference). */
  error: number;
  bound: number;
}

/** All comparisons of this process so far. */
export const goldenRows: GoldenRow[] = [];

/** Text of the table, widest error (relative to its bound) first. */
export function formatGoldenTable(rows: readonly GoldenRow[]): string {
  const ratio = (row: GoldenRow) =>
    row.bound === 0 ? (row.error === 0 ? 0 : Infinity) : row.error / row.bound;
  const sorted = [...rows].sort((a, b) => ratio(b) - ratio(a));
  const width = (key: "fixture" | "array") =>
    Math.max(key.length, ...rows.map((row) => row[key].length));
  const [first, second] = [width("fixture"), width("array")];
  const line = (a: string, b: string, c: string, d: string) =>
    `${a.padEnd(first)}  ${b.padEnd(second)}  ${c.padStart(9)}  ${
      d.padStart(9)
    }`;
  const format = (value: number) => value.toExponential(2);
  return [
    line("fixture", "array", "error", "bound"),
    ...sorted.map((row) =>
      line(row.fixture, row.array, format(row.error), format(row.bound))
    ),
  ].join("\n");
}

/** Prints the table, unless nothing was compared. */
export function printGoldenTable(): void {
  if (goldenRows.length === 0) return;
  const text = formatGoldenTable(goldenRows) + "\n";
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (Deno.env.get("GOLDEN_TABLE") !== undefined) {
  globalThis.addEventListener("unload", printGoldenTable);
}
