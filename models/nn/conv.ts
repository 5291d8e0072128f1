/** @module Two-dimensional convolution. */
import * as tf from "@tensorflow/tfjs-core";
import type { Initializer, Module } from "../module.ts";

/** Options of {@link conv2d}. */
export interface ConvOptions {
  stride?: number;
  /** Zeros on all four sides, pixels. */
  padding?: number;
  bias?: boolean;
  init?: Initializer;
  biasInit?: Initializer;
}

/**
 * [B, H, W, in] → [B, H′, W′, out], torch's output size.
 * Parameters: `name.weight` [out, in, k, k] (HWIO in memory), `name.bias`.
 */
export function conv2d(
  name: string,
  inChannels: number,
  outChannels: number,
  kernel: number,
  options: ConvOptions = {},
): Module<[tf.Tensor4D], tf.Tensor4D> {
  const { stride = 1, padding = 0, bias = true } = options;
  const fanIn = inChannels * kernel * kernel;
  const fallback: Initializer = { kind: "torch-default", fanIn };
  const weight = {
    shape: [outChannels, inChannels, kernel, kernel],
    init: options.init ?? fallback,
    trainable: true,
  };
  return {
    params: bias
      ? {
        [`${name}.weight`]: weight,
        [`${name}.bias`]: {
          shape: [outChannels],
          init: options.biasInit ?? fallback,
          trainable: true,
        },
      }
      : { [`${name}.weight`]: weight },
    forward(params, x) {
      const pad = padding === 0
        ? "valid"
        : [[0, 0], [padding, padding], [padding, padding], [0, 0]] as [
          [number, number],
          [number, number],
          [number, number],
          [number, number],
        ];
      const y = tf.conv2d(
        x,
        params[`${name}.weight`] as tf.Tensor4D,
        stride,
        pad,
        "NHWC",
        1,
        padding === 0 ? undefined : "floor",
      );
      return bias ? tf.add(y, params[`${name}.bias`]!) : y;
    },
  };
}
