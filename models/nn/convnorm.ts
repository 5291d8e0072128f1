/** A convolution and the batch norm after it. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Initializer, Module, Pass } from "../module.ts";
import { batchNorm, type BatchNormOptions } from "./batchnorm.ts";
import { conv2d, padMode } from "./conv.ts";
import { mergeParams } from "./merge.ts";
import { take } from "./params.ts";

/** Settings of {@linkcode convNorm}. */
export interface ConvNormOptions {
  /** Name of the convolution. */
  conv: string;
  /** Name of the batch norm. */
  norm: string;
  /** Channels of the input. */
  inputs: number;
  /** Channels of the output, of convolution and norm. */
  outputs: number;
  /** Odd; the padding keeps the size but for the stride. */
  kernel: number;
  /** Default 1. */
  stride?: number;
  /** How the norm behaves. */
  batchNorm: BatchNormOptions;
  /** Of the kernel; default He et al. 2015, fan out. */
  init?: Initializer;
}

/**
 * Convolution without bias, then batch norm, [B, H, W, inputs] → [B, H', W',
 * outputs]. A norm of which nothing learns is multiplied into the kernel: the
 * same function, one pass over the activations less, in the gradient too.
 */
export function convNorm(
  options: ConvNormOptions,
): Module<[tf.Tensor4D, Pass], tf.Tensor4D> {
  const { inputs, outputs, kernel, stride = 1 } = options;
  const padding = (kernel - 1) / 2;
  const conv = conv2d(options.conv, inputs, outputs, kernel, {
    stride,
    padding,
    bias: false,
    init: options.init ?? { kind: "kaiming-normal-fan-out" },
  });
  const norm = batchNorm(options.norm, outputs, options.batchNorm);
  const pad = padMode(kernel, stride, padding);
  return {
    params: mergeParams(conv, norm),
    forward(params, x, pass) {
      const folded = norm.fold(params, pass);
      if (!folded) return norm.forward(params, conv.forward(params, x), pass);
      const weight = take<tf.Tensor4D>(params, `${options.conv}.weight`);
      const scaled = tf.mul<tf.Tensor4D>(weight, folded.scale);
      return tf.add(tf.conv2d(x, scaled, stride, pad), folded.shift);
    },
  };
}
