/** The exponential moving average of the weights. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Tensors } from "../module.ts";

/**
 * average ← average + share·(parameter − average), by name.
 *
 * @param share 1 − decay; a scalar tensor where it changes from step to step.
 */
export function emaStep(
  average: Params,
  params: Params,
  share: number | tf.Scalar,
): Tensors {
  return Object.fromEntries(
    Object.entries(average).map(([name, old]) => {
      const step = tf.mul(tf.sub(params[name]!, old), share);
      return [name, tf.add(old, step)];
    }),
  );
}

/** How an average follows the weights. */
export interface EmaOptions {
  /** Share of the average that a step keeps, in the long run. */
  decay: number;
  /** How the decay grows at first, see {@linkcode emaShare}. */
  warmup: "exponential" | "ratio" | "none";
  /** Steps in which the exponential warm-up falls to 1/e, default 2000. */
  iterations?: number;
}

/**
 * Share of the new weights at a 0-based step t. It is large at first, so that
 * the average forgets the random start; m = 1 − decay:
 *
 * - `exponential`: (1 − m)·exp(−(1 + t) / iterations) + m, as mmdet's
 *   ExpMomentumEMAHook;
 * - `ratio`: 1 − min(decay, (1 + t) / (10 + t)), as TensorFlow and timm;
 * - `none`: m.
 */
export function emaShare(step: number, options: EmaOptions): number {
  const { decay, warmup, iterations = 2000 } = options;
  if (warmup === "ratio") return Math.max(1 - decay, 9 / (10 + step));
  if (warmup === "none") return 1 - decay;
  return decay * Math.exp(-(1 + step) / iterations) + (1 - decay);
}
