/** The fully connected layer. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Initializer, Module, ParamSpec } from "../module.ts";
import { take } from "./params.ts";

/** Options of {@linkcode linear}. */
export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
  /** Default: that of torch.nn.Linear. */
  init?: Initializer;
  /** Default: that of torch.nn.Linear. */
  biasInit?: Initializer;
}

/**
 * y = x·Wᵀ + b over the last axis: [..., inputs] → [..., outputs];
 * `<name>.weight` [outputs, inputs], `<name>.bias` [outputs].
 */
export function linear(
  name: string,
  inputs: number,
  outputs: number,
  options: LinearOptions = {},
): Module<[tf.Tensor], tf.Tensor> {
  const standard: Initializer = { kind: "torch-default", fanIn: inputs };
  const params: Record<string, ParamSpec> = {
    [`${name}.weight`]: {
      shape: [outputs, inputs],
      init: options.init ?? standard,
      trainable: true,
    },
  };
  const bias = options.bias ?? true;
  if (bias) {
    params[`${name}.bias`] = {
      shape: [outputs],
      init: options.biasInit ?? standard,
      trainable: true,
    };
  }
  return {
    params,
    forward(params, x) {
      return affine(
        x,
        take(params, `${name}.weight`),
        bias ? take(params, `${name}.bias`) : undefined,
      );
    },
  };
}

/** x·Wᵀ + b over the last axis of x of any rank; weight [outputs, inputs]. */
export function affine(
  x: tf.Tensor,
  weight: tf.Tensor2D,
  bias?: tf.Tensor,
): tf.Tensor {
  const rows = x.rank === 2 ? x : tf.reshape(x, [-1, weight.shape[1]]);
  const product = tf.matMul(rows, weight, false, true);
  const y = bias ? tf.add(product, bias) : product;
  if (x.rank === 2) return y;
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]);
}
