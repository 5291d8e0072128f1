/**
 * Windows of tokens, each attended to alone.
 *
 * Source: window_partition, window_unpartition of backbones/eva_vit.py in
 * StreamPETR: zeros fill up the last windows, and are attended to.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Tokens that a side lacks to whole windows. */
function lacking(tokens: number, side: number): number {
  return (side - tokens % side) % side;
}

/** [B, h, w, C] → [B·windows, side², C], windows row by row. */
export function toWindows(x: tf.Tensor4D, side: number): tf.Tensor3D {
  const [B, h, w, C] = x.shape;
  const [bottom, right] = [lacking(h, side), lacking(w, side)];
  const whole = bottom + right === 0
    ? x
    : tf.pad(x, [[0, 0], [0, bottom], [0, right], [0, 0]]);
  const [rows, columns] = [(h + bottom) / side, (w + right) / side];
  // Rows of a window's channels move as one: rank 4 is enough.
  const strips = tf.reshape(whole, [B * rows, side, columns, side * C]);
  const windows = tf.transpose(strips, [0, 2, 1, 3]);
  return tf.reshape(windows, [B * rows * columns, side * side, C]);
}

/** What {@linkcode toWindows} made of maps [B, h, w, C], put together again. */
export function fromWindows(
  windows: tf.Tensor3D,
  side: number,
  [B, h, w, C]: [number, number, number, number],
): tf.Tensor4D {
  const [bottom, right] = [lacking(h, side), lacking(w, side)];
  const [rows, columns] = [(h + bottom) / side, (w + right) / side];
  const strips = tf.transpose(
    tf.reshape(windows, [B * rows, columns, side, side * C]),
    [0, 2, 1, 3],
  );
  const whole = tf.reshape(
    strips,
    [B, h + bottom, w + right, C],
  ) as tf.Tensor4D;
  return bottom + right === 0
    ? whole
    : tf.slice(whole, [0, 0, 0, 0], [B, h, w, C]);
}
