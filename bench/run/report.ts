/**
 * What a process that is timed says of itself: its last line, as JSON.
 * @module
 */
import process from "node:process";

/** What work cost. */
export interface Cost {
  /** Of the timed part, without the start of the process. */
  seconds: number;
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
  const started = performance.now();
  const facts = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  const cost: Cost = {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    // What the kernel calls VmHWM, in kB.
    peakBytes: process.resourceUsage().maxRSS * 1024,
    facts,
  };
  console.log(JSON.stringify(cost));
}
