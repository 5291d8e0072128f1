/**
 * The cost of something that is done many times: of one of them.
 * @module
 */
import process from "node:process";
import type { Cost } from "../run/report.ts";

/** Runs that come before the timed ones: compilers, caches. */
export const WARM = 2;

/** Times work; seconds are the median's, CPU seconds the mean's. */
export async function costOf(
  work: () => unknown,
  count: number,
): Promise<Omit<Cost, "facts"> & { firstSeconds: number }> {
  const times: number[] = [];
  let before = process.cpuUsage();
  for (let i = 0; i < WARM + count; i++) {
    if (i === WARM) before = process.cpuUsage();
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / 1000);
  }
  const timed = process.cpuUsage(before);
  const whole = process.cpuUsage();
  return {
    seconds: median(times.slice(WARM)),
    workCpuSeconds: (timed.user + timed.system) / 1e6 / count,
    cpuSeconds: (whole.user + whole.system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    firstSeconds: times[0]!,
  };
}

/** The middle value, the upper one of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
