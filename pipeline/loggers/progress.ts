/**
 * Rate and time left of work that is counted.
 * @module
 */
import type { StageEvent } from "../stage.ts";
import { duration, number } from "./format.ts";

type ProgressEvent = Extract<StageEvent, { type: "progress" }>;

/** Follows the progress of one stage. */
export class Progress {
  /** What was done when, over the last half minute. */
  #samples: { time: number; done: number }[] = [];
  #last: ProgressEvent | null = null;

  /** @param now milliseconds; replaced in tests */
  constructor(readonly now: () => number = () => performance.now()) {}

  /** Takes note of an event; another unit starts anew. */
  add(event: ProgressEvent): void {
    const isNew = event.unit !== this.#last?.unit ||
      event.done < this.#last.done;
    if (isNew) this.#samples = [];
    this.#last = event;
    const time = this.now();
    const samples = this.#samples;
    samples.push({ time, done: event.done });
    while (samples.length > 2 && samples[1]!.time < time - 30_000) {
      samples.shift();
    }
    // Thousands of samples a second would not tell more than tens.
    if (samples.length > 500) {
      this.#samples = samples.filter((_, index) =>
        index % 2 === 0 || index === samples.length - 1
      );
    }
  }

  /** Units a second; null until two are known. */
  get rate(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.done === first.done) return null;
    return (last.done - first.done) / ((last.time - first.time) / 1000);
  }

  /** `iterations 120/500 24%  3.1/s  2 min left  loss 1.234`. */
  text(): string {
    const event = this.#last;
    if (!event) return "";
    const { unit, done, total, values = {} } = event;
    const percent = total > 0 ? ` ${Math.floor(100 * done / total)}%` : "";
    const parts = [`${unit} ${done}/${total}${percent}`];
    const { rate } = this;
    if (rate !== null && Number.isFinite(rate)) {
      parts.push(
        rate >= 1 ? `${number(round(rate))}/s` : `${duration(1 / rate)} each`,
      );
      if (done < total) parts.push(`${duration((total - done) / rate)} left`);
    }
    for (const [name, value] of Object.entries(values)) {
      parts.push(`${name} ${number(value)}`);
    }
    return parts.join("  ");
  }
}

function round(rate: number): number {
  return rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10;
}
