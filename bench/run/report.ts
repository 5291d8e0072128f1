/**
 * What a process that is timed says of itself: its last line, as JSON.
 * @module
 */
import process from "node:process";

/** What work cost. */
export interface Cost {
  /** Of the timed part on the clock, without the start of the process. */
  seconds: number;
  /** Of the timed part, of all threads. */
  workCpuSeconds: number;
  /** Of all threads, start and imports included. */
  cpuSeconds: number;
  /** Most memory resident at once. */
  peakBytes: number;
  /** Results, so that nobody times a wrong answer. */
  facts: Record<string, string | number>;
}

/** Does the work, then prints its {@link Cost}. */
export async function report(
  work: () => Cost["facts"] | Promise<Cost["facts"]>,
): Promise<void> {
  const before = process.cpuUsage();
  const started = performance.now();
  const facts = await work();
  const seconds = (performance.now() - started) / 1000;
  const usage = process.cpuUsage();
  const cost: Cost = {
    seconds,
    workCpuSeconds: cpuSeconds(process.cpuUsage(before)),
    cpuSeconds: cpuSeconds(usage),
    // What the kernel calls VmHWM, in kB.
    peakBytes: process.resourceUsage().maxRSS * 1024,
    facts,
  };
  console.log(JSON.stringify(cost));
}

/** Of microseconds. */
function cpuSeconds({ user, system }: { user: number; system: number }) {
  return (user + system) / 1e6;
}
