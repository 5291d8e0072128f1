/**
 * Multi-head attention with PyTorch's packed projections
 * (torch.nn.MultiheadAttention), batch first.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, ParamSpec, Pass } from "../module.ts";
import { dropout } from "./dropout.ts";
import { affine } from "./linear.ts";
import { take } from "./params.ts";

/** What attends to what. */
export interface AttentionInputs {
  /** [B, nq, C] */
  query: tf.Tensor3D;
  /** [B, nk, C] */
  key: tf.Tensor3D;
  /** [B, nk, C] */
  value: tf.Tensor3D;
  /** [nq, nk], added to the scores: 0 = visible, −1e9 = blocked. */
  mask?: tf.Tensor2D;
}

/** Options of {@linkcode multiheadAttention}. */
export interface AttentionOptions {
  /** Dropout of the attention weights, default 0. */
  dropout?: number;
  /** Dropout of the projected output, default 0. */
  outDropout?: number;
}

/**
 * softmax(Q·Kᵀ/√d + mask)·V by heads, then the output projection → [B, nq,
 * C]; no residual inside. `in_proj_weight` [3C, C] stacks query, key, value.
 */
export function multiheadAttention(
  name: string,
  width: number,
  heads: number,
  options: AttentionOptions = {},
): Module<[AttentionInputs, Pass], tf.Tensor3D> {
  if (width % heads !== 0) {
    throw new RangeError(`Cannot split width ${width} into ${heads} heads`);
  }
  return {
    params: {
      [`${name}.in_proj_weight`]: weightSpec(3 * width, width),
      [`${name}.in_proj_bias`]: biasSpec(3 * width),
      [`${name}.out_proj.weight`]: weightSpec(width, width),
      [`${name}.out_proj.bias`]: biasSpec(width),
    },
    forward(params, { query, key, value, mask }, pass) {
      const project = projections(name, params, width, heads);
      const queries = tf.mul(project(query, 0), Math.sqrt(heads / width));
      const products = tf.matMul(queries, project(key, 1), false, true);
      const scores = mask ? tf.add(products, mask) : products;
      const weights = dropout(tf.softmax(scores), options.dropout ?? 0, pass);
      const mixed = tf.matMul(weights, project(value, 2));
      const merged = tf.reshape(
        tf.transpose(mixed, [0, 2, 1, 3]),
        query.shape,
      );
      const output = affine(
        merged,
        take(params, `${name}.out_proj.weight`),
        take(params, `${name}.out_proj.bias`),
      );
      return dropout(output, options.outDropout ?? 0, pass) as tf.Tensor3D;
    },
  };
}

function weightSpec(outputs: number, inputs: number): ParamSpec {
  const init = { kind: "xavier-uniform" } as const;
  return { shape: [outputs, inputs], init, trainable: true };
}

function biasSpec(outputs: number): ParamSpec {
  const init = { kind: "constant", value: 0 } as const;
  return { shape: [outputs], init, trainable: true };
}

/** The projection of part 0 (query), 1 (key) or 2 (value), split to heads. */
function projections(
  name: string,
  params: Params,
  width: number,
  heads: number,
): (x: tf.Tensor3D, part: number) => tf.Tensor4D {
  const weight = take<tf.Tensor2D>(params, `${name}.in_proj_weight`);
  const bias = take<tf.Tensor1D>(params, `${name}.in_proj_bias`);
  return (x, part) => {
    const projected = affine(
      x,
      tf.slice(weight, [part * width, 0], [width, width]),
      tf.slice(bias, [part * width], [width]),
    );
    const [batch, rows] = x.shape;
    const split = tf.reshape(projected, [batch, rows, heads, width / heads]);
    return tf.transpose(split, [0, 2, 1, 3]) as tf.Tensor4D;
  };
}
