/** Layer and group normalisation. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, ParamSpec } from "../module.ts";
import { take } from "./params.ts";

/** Normalises the last axis to zero mean and unit variance (biased). */
export function normalize(x: tf.Tensor, eps = 1e-5): tf.Tensor {
  return standardize(x, [-1], eps);
}

/**
 * Layer normalisation over the last axis with scale and shift;
 * `<name>.weight` and `<name>.bias` [width].
 */
export function layerNorm(
  name: string,
  width: number,
  eps = 1e-5,
): Module<[tf.Tensor], tf.Tensor> {
  return {
    params: scaleAndShift(name, width),
    forward(params, x) {
      const scaled = tf.mul(normalize(x, eps), take(params, `${name}.weight`));
      return tf.add(scaled, take(params, `${name}.bias`));
    },
  };
}

/**
 * Group normalisation (Wu and He 2018) of [B, H, W, channels] over height,
 * width and the channels of each group.
 */
export function groupNorm(
  name: string,
  groups: number,
  channels: number,
  eps = 1e-5,
): Module<[tf.Tensor4D], tf.Tensor4D> {
  if (channels % groups !== 0) {
    throw new RangeError(
      `Cannot split ${channels} channels into ${groups} equal groups`,
    );
  }
  return {
    params: scaleAndShift(name, channels),
    forward(params, x) {
      const [batch, height, width] = x.shape;
      const shape = [batch, height * width, groups, channels / groups];
      const grouped = standardize(tf.reshape(x, shape), [1, 3], eps);
      const plain = tf.reshape(grouped, x.shape);
      const scaled = tf.mul(plain, take(params, `${name}.weight`));
      return tf.add(scaled, take(params, `${name}.bias`));
    },
  };
}

/** Specs of a norm's trained scale (1) and shift (0). */
export function scaleAndShift(
  name: string,
  width: number,
  options: { trainable?: boolean; weightInit?: number } = {},
): Record<string, ParamSpec> {
  const { trainable = true, weightInit = 1 } = options;
  const spec = (value: number): ParamSpec => ({
    shape: [width],
    init: { kind: "constant", value },
    trainable,
  });
  return { [`${name}.weight`]: spec(weightInit), [`${name}.bias`]: spec(0) };
}

function standardize(x: tf.Tensor, axes: number[], eps: number): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centred), axes, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, eps)));
}
