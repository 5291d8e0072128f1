/**
 * Which queries see which keys while denoising queries are in the decoder.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Sizes of the self-attention. */
export interface MaskLayout {
  /** Groups of denoising rows. */
  groups: number;
  /** Denoising rows of a group. */
  bucket: number;
  /** Learned queries. */
  queries: number;
  /** Queries taken over from the memory. */
  propagated: number;
  /** Memory rows, the propagated ones included. */
  memory: number;
}

/** Score that a softmax turns into zero. */
const BLOCKED = -1e9;

/**
 * The additive mask [D+Q+P, D+Q+M]: a denoising group is hidden from all
 * but itself; padding rows are hidden from all but themselves.
 *
 * @param padding [D] 1 for padding rows, see {@linkcode Denoising}.
 */
export function denoisingMask(
  layout: MaskLayout,
  padding: tf.Tensor1D,
): tf.Tensor2D {
  const { groups, bucket, queries, propagated, memory } = layout;
  const hidden = groups * bucket;
  const rows = hidden + queries + propagated;
  const foreign = new Float32Array(rows * hidden).fill(1);
  const others = new Float32Array(rows * hidden).fill(1);
  for (let row = 0; row < hidden; row++) {
    const first = row * hidden + Math.floor(row / bucket) * bucket;
    foreign.fill(0, first, first + bucket);
    others[row * hidden + row] = 0;
  }
  const shape: [number, number] = [rows, hidden];
  const blocked = tf.maximum(
    tf.tensor2d(foreign, shape),
    tf.mul(tf.tensor2d(others, shape), padding),
  );
  const visible = tf.zeros([rows, queries + memory]);
  return tf.concat([tf.mul(blocked, BLOCKED), visible], 1) as tf.Tensor2D;
}
