/**
 * Matching spread over threads, a stream at a time. The caller blocks until
 * all is there: there is nothing else for it to do.
 * @module
 */
import {
  type Denoising,
  joinMatched,
  type Matched,
  matchPredictions,
  outputsOfStream,
  type Sample,
  type StepConfig,
  streamConfig,
  withDenoising,
} from "../../../models/mod.ts";
import type { Matching } from "./mod.ts";
import { type Answer, answerFor, readAnswer, STATE } from "./answer.ts";

/** What a thread is sent: a stream's predictions and ground truth. */
export interface Order {
  config: StepConfig;
  outputs: Record<string, Float32Array>;
  sample: Sample;
  answer: Answer;
}

/** Milliseconds that a thread may take: its first stream finds it starting. */
const PATIENCE = 10_000;

/** Threads of this process, until disposed. */
export class MatchingThreads implements Matching {
  readonly #threads: Worker[];
  /** Streams that threads have matched, and not the caller. */
  served = 0;

  readonly #patience: number;

  /** @param patience milliseconds until a stream is matched here instead. */
  constructor(count: number, patience = PATIENCE) {
    this.#patience = patience;
    this.#threads = Array.from({ length: count }, () => {
      const url = new URL("./thread.ts", import.meta.url);
      const thread = new Worker(url, { type: "module" });
      // What it could not do is done here, where errors have a reader.
      thread.onerror = (event) => event.preventDefault();
      return thread;
    });
  }

  match(
    config: StepConfig,
    outputs: Readonly<Record<string, Float32Array>>,
    samples: readonly Sample[],
    denoising: Denoising | null,
  ): Matched {
    const own = streamConfig(config);
    const orders = samples.map(({ labels, labels2d }, stream): Order => ({
      config: own,
      outputs: outputsOfStream(config, outputs, stream),
      sample: { labels, labels2d },
      answer: answerFor(own),
    }));
    orders.forEach((order, i) =>
      this.#threads[i % this.#threads.length]!.postMessage(order)
    );
    const streams = orders.map(({ config, outputs, sample, answer }) => {
      Atomics.wait(answer.state, 0, STATE.pending, this.#patience);
      if (Atomics.load(answer.state, 0) !== STATE.done) {
        return matchPredictions(config, outputs, [sample]);
      }
      this.served++;
      return readAnswer(answer);
    });
    return withDenoising(joinMatched(config, streams), denoising);
  }

  [Symbol.dispose](): void {
    for (const thread of this.#threads) thread.terminate();
  }
}
