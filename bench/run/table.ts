/**
 * Benchmarks as text.
 * @module
 */
import { format, type Line } from "./bench.ts";
import type { Machine } from "./machine.ts";
import type { Cost } from "./report.ts";

const HEAD = ["what", "by", "CPU s", "wall s", "peak GiB", "CPU ratio"];

/** Costs side by side, then goals, notes and the machine. */
export function textOf(lines: readonly Line[], machine: Machine): string {
  const rows = lines.flatMap(({ what, ours, peer }) => [
    [what, "ours", ...cells(ours), ""],
    ...(peer
      ? [["", "peer", ...cells(peer), ratio(peer, ours)]]
      : [["", "no peer timed", "", "", "", ""]]),
  ]);
  const goals = lines.flatMap(({ what, goals }) =>
    goals.map(({ figure, wanted, met }) =>
      `${met === null ? "?" : met ? "✓" : "✗"} ${what}: ${figure}, ${wanted}`
    )
  );
  const notes = lines.flatMap(({ note }) => note ? [`note: ${note}`] : []);
  const { processor, cores, memoryGiB, deno, load, date } = machine;
  return [
    ...aligned([HEAD, ...rows]),
    "",
    ...goals,
    ...notes,
    `${date}, ${processor}, ${cores} cores, ${memoryGiB} GiB, ` +
    `Deno ${deno}, load ${load}`,
    ...(load > cores
      ? ["note: others were using the cores, so that wall seconds are too high"]
      : []),
    "",
  ].join("\n");
}

function cells({ cpuSeconds, seconds, peakBytes }: Cost): string[] {
  return [cpuSeconds, seconds, peakBytes / 2 ** 30].map(format);
}

function ratio(peer: Cost, ours: Cost): string {
  return format(peer.cpuSeconds / ours.cpuSeconds);
}

/** Columns of equal width, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
}
