/** @module Layer, group and batch normalisation, as torch computes them. */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, ParamSpecs, Pass } from "../module.ts";

/** (x − mean) / √(variance + eps) over the last axis; no parameters. */
export function normalize(x: tf.Tensor, eps = 1e-5): tf.Tensor {
  const centered = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centered), -1, true);
  return tf.mul(centered, tf.rsqrt(tf.add(variance, eps)));
}

function scaleAndShift(
  name: string,
  width: number,
  trainable: boolean,
  one = 1,
): ParamSpecs {
  const part = (value: number) => ({
    shape: [width],
    init: { kind: "constant" as const, value },
    trainable,
  });
  return { [`${name}.weight`]: part(one), [`${name}.bias`]: part(0) };
}

/** Layer norm over the last axis, with `name.weight` and `name.bias`. */
export function layerNorm(
  name: string,
  width: number,
  eps = 1e-5,
): Module<[tf.Tensor], tf.Tensor> {
  return {
    params: scaleAndShift(name, width, true),
    forward: (params, x) =>
      tf.add(
        tf.mul(normalize(x, eps), params[`${name}.weight`]!),
        params[`${name}.bias`]!,
      ),
  };
}

/** Group norm of [B, H, W, C] over H, W and the C/groups channels of each. */
export function groupNorm(
  name: string,
  groups: number,
  channels: number,
  eps = 1e-5,
): Module<[tf.Tensor4D], tf.Tensor4D> {
  return {
    params: scaleAndShift(name, channels, true),
    forward(params, x) {
      const [B, H, W, C] = x.shape;
      const split = tf.reshape(x, [B, H * W, groups, C / groups]);
      const centered = tf.sub(split, tf.mean(split, [1, 3], true));
      const variance = tf.mean(tf.square(centered), [1, 3], true);
      const normal = tf.mul(centered, tf.rsqrt(tf.add(variance, eps)));
      return tf.add(
        tf.mul(tf.reshape(normal, [B, H, W, C]), params[`${name}.weight`]!),
        params[`${name}.bias`]!,
      );
    },
  };
}

/** What of a batch norm learns. */
export interface BatchNormOptions {
  /**
   * `frozen`: nothing; `affine`: weight and bias, on running statistics;
   * `train`: weight and bias, on batch statistics while training.
   */
  mode: "frozen" | "affine" | "train";
  momentum?: number;
  eps?: number;
  /** Start of the weight; 0 makes a residual branch start as nothing. */
  weightInit?: number;
}

/** Batch norm of [B, H, W, C]; running statistics are buffers. */
export function batchNorm(
  name: string,
  channels: number,
  options: BatchNormOptions,
): Module<[tf.Tensor4D, Pass], tf.Tensor4D> {
  const { mode, momentum = 0.1, eps = 1e-5, weightInit = 1 } = options;
  const buffer = (value: number) => ({
    shape: [channels],
    init: { kind: "constant" as const, value },
    trainable: false,
    buffer: true,
  });
  return {
    params: {
      ...scaleAndShift(name, channels, mode !== "frozen", weightInit),
      [`${name}.running_mean`]: buffer(0),
      [`${name}.running_var`]: buffer(1),
    },
    forward(params, x, pass) {
      const weight = params[`${name}.weight`]!;
      const bias = params[`${name}.bias`]!;
      const running = {
        mean: params[`${name}.running_mean`]!,
        variance: params[`${name}.running_var`]!,
      };
      if (mode !== "train" || !pass.training) {
        return whiten(x, running, weight, bias, eps);
      }
      const mean = tf.mean(x, [0, 1, 2]);
      const variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
      const count = x.size / channels;
      track(pass, name, running, mean, variance, count, momentum);
      return whiten(x, { mean, variance }, weight, bias, eps);
    },
  };
}

/** One multiplication and one addition: statistics are folded first. */
function whiten(
  x: tf.Tensor4D,
  { mean, variance }: { mean: tf.Tensor; variance: tf.Tensor },
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps: number,
): tf.Tensor4D {
  const scale = tf.mul(weight, tf.rsqrt(tf.add(variance, eps)));
  const shift = tf.sub(bias, tf.mul(mean, scale));
  return tf.add(tf.mul(x, scale), shift);
}

function track(
  pass: Pass,
  name: string,
  running: { mean: tf.Tensor; variance: tf.Tensor },
  mean: tf.Tensor,
  variance: tf.Tensor,
  count: number,
  momentum: number,
): void {
  const blend = (old: tf.Tensor, now: tf.Tensor) =>
    tf.add(tf.mul(old, 1 - momentum), tf.mul(now, momentum));
  // torch keeps the unbiased variance for later use.
  const unbiased = tf.mul(variance, count / Math.max(count - 1, 1));
  pass.updates?.set(`${name}.running_mean`, blend(running.mean, mean));
  pass.updates?.set(`${name}.running_var`, blend(running.variance, unbiased));
}
