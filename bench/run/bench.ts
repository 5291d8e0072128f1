/**
 * What a benchmark is.
 * @module
 */
import type { Cost } from "./report.ts";

/** A mistake of who runs benchmarks: told without a stack. */
export class UsageError extends Error {}

/** What a benchmark is given. */
export interface BenchContext {
  /** Where generated cases are kept. */
  dir: string;
  /** Python that has the peers, or null if they are not to be timed. */
  python: string | null;
  /** Clone of StreamPETR's source, for its converter. */
  streampetr?: string;
  /** Python with torch, torchvision and scipy, for the network's peer. */
  torch?: string;
  /** Says what is going on. */
  say(text: string): void;
}

/** Something that is timed, beside what else does it. */
export interface Line {
  what: string;
  ours: Cost;
  /** Absent where it was not timed. */
  peer?: Cost;
  goals: Goal[];
  /** What a reader of the numbers should know. */
  note?: string;
}

/** A figure and what it should be. */
export interface Goal {
  /** Such as `3.2 ms a sample`. */
  figure: string;
  /** Such as `at most 5 ms`. */
  wanted: string;
  /** Null if it was not measured. */
  met: boolean | null;
}

/** A benchmark. */
export interface Bench {
  description: string;
  run(context: BenchContext): Promise<Line[]>;
}

const GIB = 2 ** 30;

/** A goal for a number that is to be small. */
export function atMost(value: number, limit: number, unit: string): Goal {
  return {
    figure: `${format(value)} ${unit}`,
    wanted: `at most ${limit} ${unit}`,
    met: value <= limit,
  };
}

/**
 * A goal for the time of the work, or of a part of it. The lesser of wall
 * and CPU seconds counts: where others use the cores, the clock tells of them.
 * @param parts such as samples, if the limit is for one
 */
export function timeGoal(
  { seconds, workCpuSeconds }: Cost,
  limit: number,
  unit: "s" | "ms a sample",
  parts = 1,
): Goal {
  const scale = (unit === "s" ? 1 : 1000) / parts;
  const [wall, cpu] = [scale * seconds, scale * workCpuSeconds];
  return {
    figure: `${format(wall)} ${unit} (CPU: ${format(cpu)})`,
    wanted: `at most ${limit} ${unit}`,
    met: Math.min(wall, cpu) <= limit,
  };
}

/** A goal for memory. */
export function memoryGoal({ peakBytes }: Cost, gib: number): Goal {
  return atMost(peakBytes / GIB, gib, "GiB");
}

/** A goal for the ratio of CPU seconds. */
export function ratioGoal(line: Pick<Line, "ours" | "peer">, ratio: number) {
  const { ours, peer } = line;
  const found = peer && peer.cpuSeconds / ours.cpuSeconds;
  return {
    figure: found ? `${found.toFixed(1)} times fewer CPU s` : "not timed",
    wanted: `at least ${ratio} times`,
    met: found ? found >= ratio : null,
  };
}

/** Three digits. */
export function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
