/**
 * The learned position embedding, resized to the tokens of an image.
 *
 * Source: get_abs_pos of backbones/eva_vit.py in StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { bicubicWeights } from "./bicubic.ts";

/**
 * Embeddings [1, 1 + s², C] of a class token, which is left out, and of a
 * square of s × s patches → [1, h, w, C].
 */
export function resizePosition(
  embedding: tf.Tensor,
  h: number,
  w: number,
): tf.Tensor4D {
  const [, count, C] = embedding.shape as [number, number, number];
  const side = Math.round(Math.sqrt(count - 1));
  const patches = tf.slice(embedding, [0, 1, 0], [1, side * side, C]);
  if (side === h && side === w) return tf.reshape(patches, [1, h, w, C]);
  // Both axes are linear maps: [h, s] · [s, s·C], then [w, s] · [h, s, C].
  const tall = tf.matMul(
    bicubicMatrix(side, h),
    tf.reshape(patches, [side, side * C]) as tf.Tensor2D,
  );
  const across = tf.tile(tf.expandDims(bicubicMatrix(side, w), 0), [h, 1, 1]);
  const wide = tf.matMul(across, tf.reshape(tall, [h, side, C]));
  return tf.reshape(wide, [1, h, w, C]);
}

/** {@linkcode bicubicWeights} as a tensor [to, from]. */
function bicubicMatrix(from: number, to: number): tf.Tensor2D {
  return tf.tensor2d(bicubicWeights(from, to), [to, from]);
}
