/**
 * Two small modules that let one signal modulate another.
 *
 * Source: MLN and SELayer_Linear of StreamPETR (models/utils/misc.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.ts";
import { linear, mergeParams, normalize } from "../nn/mod.ts";

/**
 * Motion-aware layer normalisation: x [..., C] is normalised without affine,
 * then scaled and shifted by what code [..., c] says; starts as identity.
 * @param normalizes false where x is taken as it is.
 */
export function motionNorm(
  name: string,
  codeWidth: number,
  width: number,
  normalizes = true,
): Module<[tf.Tensor, tf.Tensor], tf.Tensor> {
  const zero = { kind: "constant", value: 0 } as const;
  const one = { kind: "constant", value: 1 } as const;
  const reduce = linear(`${name}.reduce.0`, codeWidth, width);
  const gamma = linear(`${name}.gamma`, width, width, {
    init: zero,
    biasInit: one,
  });
  const beta = linear(`${name}.beta`, width, width, {
    init: zero,
    biasInit: zero,
  });
  return {
    params: mergeParams(reduce, gamma, beta),
    forward(params, x, code) {
      const hidden = tf.relu(reduce.forward(params, code));
      return tf.add(
        tf.mul(gamma.forward(params, hidden), normalizes ? normalize(x) : x),
        beta.forward(params, hidden),
      );
    },
  };
}

/** x ⊙ sigmoid(W₂ relu(W₁ signal)), all [..., width]. */
export function gate(
  name: string,
  width: number,
): Module<[tf.Tensor, tf.Tensor], tf.Tensor> {
  const reduce = linear(`${name}.conv_reduce`, width, width);
  const expand = linear(`${name}.conv_expand`, width, width);
  return {
    params: mergeParams(reduce, expand),
    forward(params, x, signal) {
      const hidden = tf.relu(reduce.forward(params, signal));
      return tf.mul(x, tf.sigmoid(expand.forward(params, hidden)));
    },
  };
}

/** [..., from] → [..., to]: linear, ReLU, linear; `name.0` and `name.2`. */
export function twoLayers(
  name: string,
  from: number,
  hidden: number,
  to: number,
): Module<[tf.Tensor], tf.Tensor> {
  const first = linear(`${name}.0`, from, hidden);
  const second = linear(`${name}.2`, hidden, to);
  return {
    params: mergeParams(first, second),
    forward: (params, x) =>
      second.forward(params, tf.relu(first.forward(params, x))),
  };
}
