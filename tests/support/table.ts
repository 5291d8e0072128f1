/**
 * Rows of golden comparisons. Where the environment variable GOLDEN_TABLE
 * names a file, each test file adds its rows to it when it ends; tests/golden.ts
 * prints them as one table.
 * @module
 */

/** One comparison with a recorded array. */
export interface GoldenRow {
  fixture: string;
  /** What computed it: the code itself or its export. */
  by: "code" | "onnx";
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
  const line = (a: string, by: string, b: string, c: string, d: string) =>
    `${a.padEnd(first)}  ${by.padEnd(4)}  ${b.padEnd(second)}  ${
      c.padStart(9)
    }  ${d.padStart(9)}`;
  const format = (value: number) => value.toExponential(2);
  return [
    line("fixture", "by", "array", "error", "bound"),
    ...sorted.map((row) =>
      line(
        ...[row.fixture, row.by, row.array] as const,
        ...[format(row.error), format(row.bound)] as const,
      )
    ),
  ].join("\n");
}

/** Rows that test files have added to a file. */
export function readGoldenRows(path: string): GoldenRow[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

const path = Deno.env.get("GOLDEN_TABLE");
if (path !== undefined) {
  globalThis.addEventListener("unload", () => {
    // JSON has no infinity; an error beyond all bounds has failed its test.
    const lines = goldenRows.filter(({ error }) => Number.isFinite(error))
      .map((row) => `${JSON.stringify(row)}\n`);
    Deno.writeTextFileSync(path, lines.join(""), { append: true });
  });
}
