/**
 * AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW computes it, on
 * tensors, so that a recorded training step contains it.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Tensors } from "../module.ts";

/** Settings of {@linkcode adamw}, torch's defaults but for the decay. */
export interface AdamWOptions {
  /**
   * Default [0.9, 0.999]. The first may be a scalar tensor, for schedules of
   * the momentum.
   */
  betas?: readonly [number | tf.Scalar, number];
  /** Default 1e-8. */
  eps?: number;
  /** Share of each weight, times the learning rate, lost a step. */
  weightDecay: number;
  /** Factors of the learning rate and decay of one parameter, default 1. */
  multipliers?: (name: string) => Multipliers;
}

/** What a parameter's own name does to its update. */
export interface Multipliers {
  /** Factor of the learning rate (lr_mult). */
  lr: number;
  /** Factor of the weight decay (decay_mult). */
  decay: number;
}

/** Running moments of the gradients by parameter name. */
export interface Moments {
  /** First moment, m. */
  mean: Params;
  /** Second moment, v, not centred. */
  variance: Params;
}

/**
 * One update of every parameter that has a gradient:
 * θ ← θ − lr·decay·θ − lr·m̂ / (√v̂ + eps).
 *
 * @param lr Learning rate of this iteration, before the multipliers.
 * @param step Number of this update, from 1.
 * @returns New parameters and moments, by the gradients' names.
 */
export function adamw(
  params: Params,
  gradients: Params,
  moments: Moments,
  lr: tf.Scalar,
  step: tf.Scalar,
  options: AdamWOptions,
): { params: Tensors; moments: { mean: Tensors; variance: Tensors } } {
  const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 } = options;
  const meanScale = tf.div(1, correction(beta1, step));
  const rootScale = tf.rsqrt(correction(beta2, step));
  const share = typeof beta1 === "number" ? 1 - beta1 : tf.sub(1, beta1);
  const next = {
    params: {} as Tensors,
    moments: { mean: {} as Tensors, variance: {} as Tensors },
  };
  for (const [name, gradient] of Object.entries(gradients)) {
    const factor = options.multipliers?.(name) ?? { lr: 1, decay: 1 };
    const rate = factor.lr === 1 ? lr : tf.mul(lr, factor.lr);
    const decay = options.weightDecay * factor.decay;
    const old = moments.mean[name]!;
    const mean = tf.add(old, tf.mul(tf.sub(gradient, old), share));
    const variance = tf.add(
      tf.mul(moments.variance[name]!, beta2),
      tf.mul(tf.square(gradient), 1 - beta2),
    );
    const root = tf.add(tf.mul(tf.sqrt(variance), rootScale), eps);
    const direction = tf.div(tf.mul(mean, meanScale), root);
    const kept = tf.mul(params[name]!, tf.sub(1, tf.mul(rate, decay)));
    next.params[name] = tf.sub(kept, tf.mul(direction, rate));
    next.moments.mean[name] = mean;
    next.moments.variance[name] = variance;
  }
  return next;
}

/** Moments before the first step: zeros of the parameters' shapes. */
export function zeroMoments(params: Params): Moments {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(params).map(([name, x]) => [name, tf.zeros(x.shape)]),
    );
  return { mean: zeros(), variance: zeros() };
}

/**
 * Factor of a parameter by its name: the value of the longest key that is a
 * part of the name, alphabetical among equals, 1 without any.
 *
 * The order is mmcv's (DefaultOptimizerConstructor, custom_keys).
 */
export function multiplierOf(
  name: string,
  table: Readonly<Record<string, number>>,
): number {
  const keys = Object.keys(table)
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const key = keys.find((key) => name.includes(key));
  return key === undefined ? 1 : table[key]!;
}

/**
 * Layer-wise decay of the learning rate of a ViT with so many blocks: rate to
 * the power of the layers above, 1 behind the backbone and in what comes
 * after its blocks.
 *
 * Source: get_vit_lr_decay_rate of detectron2 (modeling/backbone/vit.py), of
 * which the EVA-02 recipe of StreamPETR's documentation is a relative.
 *
 * @param backbone prefix of the backbone's names, such as `img_backbone`.
 */
export function layerDecayOf(
  name: string,
  rate: number,
  blocks: number,
  backbone = "img_backbone",
): number {
  if (!name.startsWith(`${backbone}.`)) return 1;
  if (/\.(pos_embed|patch_embed)\b/.test(name)) return rate ** (blocks + 1);
  const block = /\.blocks\.(\d+)\./.exec(name);
  if (!block || name.includes(".residual.")) return 1;
  return rate ** (blocks - Number(block[1]));
}

/**
 * 1 − βᵗ by expm1: in float32 the plain difference of the first steps would
 * lose half of the digits.
 */
function correction(beta: number | tf.Scalar, step: tf.Scalar): tf.Tensor {
  const log = typeof beta === "number" ? Math.log(beta) : tf.log(beta);
  return tf.neg(tf.expm1(tf.mul(step, log)));
}
