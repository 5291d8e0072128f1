/**
 * Where points of the world lie in the images.
 *
 * Source: DeformableFeatureAggregationCuda.feature_sampling of StreamPETR
 * (models/utils/detr3d_transformer.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Points nearer to the image plane, or behind it, land far outside. */
const NEAREST = 1e-5;

/**
 * Points [B, m, 3] (metres, LiDAR frame) → [B, m, N, 2] x, y as shares of
 * the image. Points that a camera does not see are outside of 0 to 1.
 *
 * @param imageFromLidar [B, N, 4, 4], to (u·d, v·d, d, 1).
 */
export function project(
  points: tf.Tensor,
  imageFromLidar: tf.Tensor,
  { imageHeight, imageWidth }: { imageHeight: number; imageWidth: number },
): tf.Tensor {
  const [B, m] = points.shape as [number, number];
  const N = imageFromLidar.shape[1]!;
  const part = (column: number, columns: number) =>
    tf.slice(imageFromLidar, [0, 0, 0, column], [B, N, 3, columns]);
  const linear = tf.reshape(part(0, 3), [B, N * 3, 3]);
  const shift = tf.reshape(part(3, 1), [B, 1, N * 3]);
  const seen = tf.add(tf.matMul(points, linear, false, true), shift);
  const [pixels, depth] = tf.split(
    tf.reshape(seen, [B, m, N, 3]),
    [2, 1],
    -1,
  );
  const scale = tf.tensor1d([1 / imageWidth, 1 / imageHeight]);
  return tf.mul(tf.div(pixels!, tf.maximum(depth!, NEAREST)), scale);
}
