/**
 * Sine codes of positions, times and motions.
 *
 * Source: projects/mmdet3d_plugin/models/utils/positional_encoding.py of
 * StreamPETR (pos2posemb3d, pos2posemb1d, nerf_positional_encoding).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

const TEMPERATURE = 10000;

/** 2π / T^(2i / features) for each sine-cosine pair i, [features / 2]. */
function frequencies(features: number): tf.Tensor1D {
  const pairs = Array.from(
    { length: features / 2 },
    (_, i) => 2 * Math.PI / TEMPERATURE ** (2 * i / features),
  );
  return tf.tensor1d(pairs);
}

/** [..., n] → [..., n·features], sine and cosine interleaved per number. */
function sineCode(x: tf.Tensor, features: number): tf.Tensor {
  const n = x.shape.at(-1)!;
  const angles = tf.mul(tf.expandDims(x, -1), frequencies(features));
  const code = tf.stack([tf.sin(angles), tf.cos(angles)], -1);
  return tf.reshape(code, [...x.shape.slice(0, -1), n * features]);
}

/**
 * Code of points in [0, 1]³: [..., 3] → [..., 3·features], axes in the order
 * y, x, z.
 */
export function pos2posemb3d(points: tf.Tensor, features = 128): tf.Tensor {
  const [x, y, z] = tf.split(points, 3, -1);
  return sineCode(tf.concat([y!, x!, z!], -1), features);
}

/** Code of times in seconds: [..., 1] → [..., features]. */
export function pos2posemb1d(times: tf.Tensor, features = 256): tf.Tensor {
  return sineCode(times, features);
}

/** Six octaves. */
export const OCTAVES: readonly number[] = [1, 2, 4, 8, 16, 32];

/**
 * The code of NeRF (Mildenhall et al. 2020, eq. 4) without π: [..., n] →
 * [..., 2·n·bands]; per band the sines of all numbers, then the cosines.
 */
export function nerfCode(x: tf.Tensor, bands = OCTAVES): tf.Tensor {
  const angles = tf.mul(
    tf.expandDims(x, -2),
    tf.tensor2d([...bands], [bands.length, 1]),
  );
  const code = tf.concat([tf.sin(angles), tf.cos(angles)], -1);
  return tf.reshape(code, [...x.shape.slice(0, -1), -1]);
}
