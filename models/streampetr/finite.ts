/** Numbers instead of NaN. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../module.ts";

/** Beyond it, float32 is infinite. */
const LARGEST = 3.4e38;

/**
 * The same values, 0 in place of NaN and infinity: a frame that overflows
 * must not spoil those after it.
 *
 * Source: torch.nan_to_num in StreamPETRHead.forward of the reference, which
 * keeps infinities as the largest number.
 */
export function finite(x: tf.Tensor): tf.Tensor {
  // No comparison with NaN holds.
  const known = tf.lessEqual(tf.abs(x), LARGEST);
  return tf.where(known, x, tf.zerosLike(x));
}

/**
 * Outputs of the decoder's layers, each [B, n, C], as one [L, B, n, C].
 * Training sees NaN: a loss of zeros would hide that it diverged.
 */
export function stackLayers(
  layers: tf.Tensor[],
  { training }: Pick<Pass, "training">,
): tf.Tensor {
  const stacked = tf.stack(layers);
  return training ? stacked : finite(stacked);
}
