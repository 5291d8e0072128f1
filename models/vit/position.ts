/**
 * The learned position embedding, resized to the tokens of an image.
 *
 * Source: get_abs_pos of backbones/eva_vit.py in StreamPETR; bicubic
 * interpolation of PyTorch (a = −0.75, align_corners false).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

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

/** Weights [to, from] of a row of `from` values resized to `to`. */
export function bicubicMatrix(from: number, to: number): tf.Tensor2D {
  const weights = new Float32Array(to * from);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    const place = (i + 0.5) * scale - 0.5;
    const first = Math.floor(place);
    for (let tap = -1; tap <= 2; tap++) {
      const column = Math.min(Math.max(first + tap, 0), from - 1);
      weights[i * from + column]! += cubic(place - first - tap);
    }
  }
  return tf.tensor2d(weights, [to, from]);
}

/** Keys' kernel (1981) with a = −0.75. */
function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}
