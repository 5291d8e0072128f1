/**
 * Averages of the training log, in mmengine's words.
 * @module
 */
import type { StageContext } from "../../pipeline/stage.ts";
import type { StepReport } from "./loop.ts";

/** Collects what happened since the last log line. */
export class Meter {
  #sums: Record<string, number> = {};
  #count = 0;
  #gradNorm = 0;
  #finite = 0;
  #overflows = 0;
  #started = 0;
  #fed = 0;
  #lr = 0;
  #loss = 0;

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
    this.#add("time", (now - this.#started) / 1000);
    this.#add("data_time", (this.#fed - this.#started) / 1000);
    this.#add("loss", report.loss);
    for (const [name, value] of Object.entries(report.terms)) {
      this.#add(name, value);
    }
    this.#loss = report.loss;
    this.#lr = lr;
    this.#count++;
    if (Number.isFinite(report.gradNorm)) {
      this.#gradNorm += report.gradNorm;
      this.#finite++;
    }
    if (!report.applied) this.#overflows++;
  }

  #add(name: string, value: number): void {
    this.#sums[name] = (this.#sums[name] ?? 0) + value;
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
    const values: Record<string, number> = {
      epoch: Math.floor((iteration - 1) / this.iterationsPerEpoch) + 1,
      iter: iteration,
      lr: this.#lr,
      memory: Math.round(Deno.memoryUsage().rss / 2 ** 20),
      // Overflows are counted apart, so one cannot make the mean infinite.
      grad_norm: this.#gradNorm / Math.max(this.#finite, 1),
      overflows: this.#overflows,
    };
    for (const [name, sum] of Object.entries(this.#sums)) {
      values[name] = sum / this.#count;
    }
    context.emit({ type: "scalars", step: iteration, values });
    this.#sums = {};
    this.#count =
      this.#finite =
      this.#overflows =
      this.#gradNorm =
        0;
  }
}
