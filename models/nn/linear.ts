/** @module Fully connected layer. */
import * as tf from "@tensorflow/tfjs-core";
import type { Initializer, Module } from "../module.ts";

/** Options of {@link linear}. */
export interface LinearOptions {
  bias?: boolean;
  init?: Initializer;
  biasInit?: Initializer;
}

/**
 * y = x Wᵀ + b over the last axis.
 * Parameters: `name.weight` [out, in], `name.bias` [out].
 */
export function linear(
  name: string,
  inFeatures: number,
  outFeatures: number,
  options: LinearOptions = {},
): Module<[tf.Tensor], tf.Tensor> {
  const { bias = true } = options;
  const fallback: Initializer = { kind: "torch-default", fanIn: inFeatures };
  const weight = {
    shape: [outFeatures, inFeatures],
    init: options.init ?? fallback,
    trainable: true,
  };
  return {
    params: bias
      ? {
        [`${name}.weight`]: weight,
        [`${name}.bias`]: {
          shape: [outFeatures],
          init: options.biasInit ?? fallback,
          trainable: true,
        },
      }
      : { [`${name}.weight`]: weight },
    forward(params, x) {
      return affine(
        x,
        params[`${name}.weight`]!,
        bias ? params[`${name}.bias`]! : null,
      );
    },
  };
}

/** x Wᵀ + b for x of any rank, W [out, in], b [out]. */
export function affine(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null,
): tf.Tensor {
  const flat = tf.reshape(x, [-1, weight.shape[1]!]) as tf.Tensor2D;
  const product = tf.matMul(flat, weight as tf.Tensor2D, false, true);
  const y = bias ? tf.add(product, bias) : product;
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]!]);
}
