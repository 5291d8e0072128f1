/**
 * Matching on the host, in the middle of a step, while the device waits.
 * @module
 */
import {
  type Denoising,
  type Matched,
  matchStep,
  type Sample,
  type StepConfig,
} from "../../../models/mod.ts";
import { MatchingThreads } from "./threads.ts";

/** Matches the predictions of a batch, as `matchStep`. */
export interface Matching extends Disposable {
  match(
    config: StepConfig,
    outputs: Readonly<Record<string, Float32Array>>,
    samples: readonly Sample[],
    denoising: Denoising | null,
  ): Matched;
}

/** What decides on threads. */
export interface MatchingOptions {
  /** As the settings say; null: as many as help. */
  threads: number | null;
  /** What the step runs on. */
  device: "cpu" | "gpu";
  /** Cores of this process. */
  cores: number;
  /** Streams of a batch. */
  streams: number;
}

/**
 * Threads match a stream each, until disposed. On a CPU they would only take
 * the cores from TensorFlow's threads, which spin for a while after their work.
 */
export function openMatching(options: MatchingOptions): Matching {
  const count = threadsOf(options);
  return count > 1 ? new MatchingThreads(count) : HERE;
}

/** Without threads. */
export const HERE: Matching = {
  match: matchStep,
  [Symbol.dispose]() {},
};

function threadsOf({ threads, device, cores, streams }: MatchingOptions) {
  if (threads !== null) return threads;
  return device === "gpu" ? Math.min(streams, Math.floor(cores / 2)) : 0;
}
