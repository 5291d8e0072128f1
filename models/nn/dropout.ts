/** Dropout. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../module.ts";

/**
 * Zeroes a share `rate` of the values and scales the rest by 1/(1 − rate);
 * the identity outside training or where the pass has no random numbers.
 */
export function dropout(x: tf.Tensor, rate: number, pass: Pass): tf.Tensor {
  if (!pass.training || rate === 0 || !pass.uniform) return x;
  const kept = tf.greaterEqual(pass.uniform(x.shape), rate);
  return tf.mul(x, tf.mul(tf.cast(kept, "float32"), 1 / (1 - rate)));
}
