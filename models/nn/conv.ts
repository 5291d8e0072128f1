/** The 2-D convolution. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Initializer, Module, ParamSpec } from "../module.ts";
import { take } from "./params.ts";

/** Options of {@linkcode conv2d}. */
export interface ConvOptions {
  /** Default 1. */
  stride?: number;
  /** Zeros on each side, default 0. */
  padding?: number;
  /** Default true. */
  bias?: boolean;
  /** Default: that of torch.nn.Conv2d. */
  init?: Initializer;
  /** Default: that of torch.nn.Conv2d. */
  biasInit?: Initializer;
}

/**
 * Convolution of [B, H, W, inputs] with symmetric zero padding as in torch;
 * `<name>.weight` is OIHW in files and HWIO in memory.
 */
export function conv2d(
  name: string,
  inputs: number,
  outputs: number,
  kernel: number,
  options: ConvOptions = {},
): Module<[tf.Tensor4D], tf.Tensor4D> {
  const standard: Initializer = {
    kind: "torch-default",
    fanIn: inputs * kernel * kernel,
  };
  const params: Record<string, ParamSpec> = {
    [`${name}.weight`]: {
      shape: [outputs, inputs, kernel, kernel],
      init: options.init ?? standard,
      trainable: true,
    },
  };
  const { stride = 1, padding = 0, bias = true } = options;
  if (bias) {
    params[`${name}.bias`] = {
      shape: [outputs],
      init: options.biasInit ?? standard,
      trainable: true,
    };
  }
  const pad = padMode(kernel, stride, padding);
  return {
    params,
    forward(params, x) {
      const weight = take<tf.Tensor4D>(params, `${name}.weight`);
      const y = tf.conv2d(x, weight, stride, pad);
      return bias ? tf.add(y, take(params, `${name}.bias`)) : y;
    },
  };
}

/** Zeros around height and width, as tfjs' conv2d and pooling take them. */
export type Padding = "same" | "valid" | [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
];

/**
 * Symmetric padding by name where a name means the same: every engine has
 * its fastest kernels for the named ones.
 */
export function padMode(
  kernel: number,
  stride: number,
  padding: number,
): Padding {
  if (padding === 0) return "valid";
  if (stride === 1 && 2 * padding === kernel - 1) return "same";
  return [[0, 0], [padding, padding], [padding, padding], [0, 0]];
}
