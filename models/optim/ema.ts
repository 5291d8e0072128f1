/** The exponential moving average of the weights. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Tensors } from "../module.ts";

/**
 * average ← average + (1 − decay)·(parameter − average), by name.
 *
 * @param decay Number, or scalar tensor where it changes from step to step.
 */
export function emaStep(
  average: Params,
  params: Params,
  decay: number | tf.Scalar,
): Tensors {
  const share = typeof decay === "number" ? 1 - decay : tf.sub(1, decay);
  return Object.fromEntries(
    Object.entries(average).map(([name, old]) => {
      const step = tf.mul(tf.sub(params[name]!, old), share);
      return [name, tf.add(old, step)];
    }),
  );
}

/**
 * Decay of a 0-based step: small at first, so that the average forgets the
 * random start: min(decay, (1 + step) / (10 + step)).
 */
export function emaDecay(step: number, decay: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}
