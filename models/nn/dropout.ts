/** @module Dropout that a recorded graph draws anew at each run. */
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../module.ts";

/** Zeroes a share of the elements and scales the rest, while training. */
export function dropout(x: tf.Tensor, rate: number, pass: Pass): tf.Tensor {
  if (rate === 0 || !pass.training || !pass.uniform) return x;
  const kept = tf.cast(
    tf.greaterEqual(pass.uniform([...x.shape]), rate),
    "float32",
  );
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
