/**
 * Averages of the training log, in mmengine's words.
 * @module
 */
import type { StageContext } from "../../pipeline/stage.ts";
import type { StepReport } from "./loop.ts";

/** A mean under construction, by name. */
class Means {
  readonly #sums = new Map<string, { sum: number; count: number }>();

  add(name: string, value: number): void {
    const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 };
    this.#sums.set(name, { sum: sum + value, count: count + 1 });
  }

  take(): Record<string, number> {
    const means = [...this.#sums].map(([name, { sum, count }]) =>
      [name, sum / count] as const
    );
    this.#sums.clear();
    return Object.fromEntries(means);
  }
}

/** Collects what happened since the last log line. */
export class Meter {
  readonly #means = new Means();
  #overflows = 0;
  #started = 0;
  #fed = 0;
  #lr = 0;
  #loss = 0;
  #scale = 1;

  constructor(readonly iterationsPerEpoch: number) {}

  /** An iteration begins. */
  start(): void {
    this.#started = performance.now();
  }

  /** Its batch is there. */
  fed(): void {
    this.#fed = performance.now();
  }

  /** Its step is done. */
  stepped(report: StepReport, lr: number): void {
    const now = performance.now();
    this.#means.add("time", (now - this.#started) / 1000);
    this.#means.add("data_time", (this.#fed - this.#started) / 1000);
    this.#lr = lr;
    this.#scale = report.scale;
    if (report.outcome === "overflow") {
      // Counted apart, so that one cannot make all means infinite.
      this.#overflows++;
      return;
    }
    this.#loss = report.loss;
    this.#means.add("loss", report.loss);
    this.#means.add("grad_norm", report.gradNorm);
    for (const [name, value] of Object.entries(report.terms)) {
      this.#means.add(name, value);
    }
  }

  /** Tells the status line now and the log every `every` iterations. */
  report(
    context: StageContext<unknown>,
    iteration: number,
    iterations: number,
    every: number,
  ): void {
    context.emit({
      type: "progress",
      unit: "iterations",
      done: iteration,
      total: iterations,
      values: { loss: this.#loss, lr: this.#lr },
    });
    if (iteration % every !== 0 && iteration !== iterations) return;
    const values = {
      epoch: Math.floor((iteration - 1) / this.iterationsPerEpoch) + 1,
      iter: iteration,
      lr: this.#lr,
      memory: Math.round(Deno.memoryUsage().rss / 2 ** 20),
      overflows: this.#overflows,
      loss_scale: this.#scale,
      ...this.#means.take(),
    };
    context.emit({ type: "scalars", step: iteration, values });
    this.#overflows = 0;
  }
}
