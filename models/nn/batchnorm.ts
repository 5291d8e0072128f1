/** Batch normalisation in its three uses. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, ParamSpec, Pass } from "../module.ts";
import { scaleAndShift } from "./norm.ts";
import { take } from "./params.ts";

/**
 * What of a batch norm moves during training: `frozen` nothing, `affine`
 * its scale and shift (statistics stay), `statistics` all but these, `train`
 * all: batch statistics normalise, running ones follow. In mmdet's words,
 * `requires_grad` is affine or train, `norm_eval` frozen or affine.
 */
export type NormMode = "frozen" | "affine" | "statistics" | "train";

/** Options of {@linkcode batchNorm}. */
export interface BatchNormOptions {
  /** What learns and which statistics normalise. */
  mode: NormMode;
  /** Weight of the new batch in the running statistics, default 0.1. */
  momentum?: number;
  /** Default 1e-5. */
  eps?: number;
  /** First value of the weight; 0 starts a residual branch as nothing. */
  weightInit?: number;
}

/** A built batch norm. */
export interface BatchNorm extends Module<[tf.Tensor4D, Pass], tf.Tensor4D> {
  /**
   * Scale and shift [channels] that equal the norm where nothing of it
   * learns (frozen, or inference); null in other passes.
   */
  fold(params: Params, pass: Pass): ScaleAndShift | null;
}

/** x·scale + shift, both [channels]. */
export interface ScaleAndShift {
  /** weight / √(variance + eps). */
  scale: tf.Tensor;
  /** bias − mean·scale. */
  shift: tf.Tensor;
}

/**
 * Batch normalisation over B, H, W of [B, H, W, channels].
 *
 * With mode `train` in a training pass, new running statistics go to
 * `pass.updates` (the variance unbiased, as torch keeps it).
 */
export function batchNorm(
  name: string,
  channels: number,
  options: BatchNormOptions,
): BatchNorm {
  const { mode, momentum = 0.1, eps = 1e-5, weightInit = 1 } = options;
  const statistic = (value: number): ParamSpec => ({
    shape: [channels],
    init: { kind: "constant", value },
    trainable: false,
    buffer: true,
  });
  return {
    params: {
      ...scaleAndShift(name, channels, {
        trainable: mode === "affine" || mode === "train",
        weightInit,
      }),
      [`${name}.running_mean`]: statistic(0),
      [`${name}.running_var`]: statistic(1),
    },
    fold(params, pass) {
      const learns = mode !== "frozen" && pass.training;
      return learns ? null : fold(name, params, eps);
    },
    forward(params, x, pass) {
      const byItself = mode === "train" || mode === "statistics";
      if (byItself && pass.training) {
        return byBatch(name, params, x, pass, momentum, eps);
      }
      const { scale, shift } = fold(name, params, eps);
      return tf.add(tf.mul(x, scale), shift);
    },
  };
}

/** Running statistics, weight and bias as one scale and one shift. */
function fold(name: string, params: Params, eps: number): ScaleAndShift {
  const variance = take(params, `${name}.running_var`);
  const scale = tf.mul(
    take(params, `${name}.weight`),
    tf.rsqrt(tf.add(variance, eps)),
  );
  const mean = take(params, `${name}.running_mean`);
  const shift = tf.sub(take(params, `${name}.bias`), tf.mul(mean, scale));
  return { scale, shift };
}

function byBatch(
  name: string,
  params: Params,
  x: tf.Tensor4D,
  pass: Pass,
  momentum: number,
  eps: number,
): tf.Tensor4D {
  const [batch, height, width] = x.shape;
  const count = batch * height * width;
  if (count < 2) {
    throw new RangeError(
      `Cannot normalise "${name}" by batch statistics of one value a channel`,
    );
  }
  const { mean, centred, variance } = moments(x, pass);
  const all = count * (pass.synchronize?.processes ?? 1);
  const unbiased = tf.mul(variance, all / (all - 1));
  const follow = (key: string, value: tf.Tensor) => {
    const running = take(params, `${name}.${key}`);
    const step = tf.mul(momentum, tf.sub(value, running));
    pass.updates?.set(`${name}.${key}`, tf.keep(tf.add(running, step)));
  };
  follow("running_mean", mean);
  follow("running_var", unbiased);
  const scale = tf.mul(
    take(params, `${name}.weight`),
    tf.rsqrt(tf.add(variance, eps)),
  );
  return tf.add(tf.mul(centred, scale), take(params, `${name}.bias`));
}

/**
 * Mean and (biased) variance of each channel, and x less its mean. Over
 * several processes, the mean of squares travels with the mean, as in SyncBN.
 */
function moments(x: tf.Tensor4D, { synchronize }: Pass) {
  const axes = [0, 1, 2];
  if (!synchronize) {
    const mean = tf.mean(x, axes);
    const centred = tf.sub(x, mean);
    return { mean, centred, variance: tf.mean(tf.square(centred), axes) };
  }
  const own = tf.stack([tf.mean(x, axes), tf.mean(tf.square(x), axes)]);
  const [mean, squares] = tf.unstack(synchronize.mean(own)) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const variance = tf.sub(squares, tf.square(mean));
  return { mean, centred: tf.sub(x, mean), variance };
}
