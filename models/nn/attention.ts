/** @module Multi-head attention with torch's packed parameters. */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Pass } from "../module.ts";
import { dropout } from "./dropout.ts";
import { affine } from "./linear.ts";

/** What attention looks at. n queries, m keys. */
export interface AttentionInputs {
  /** [B, n, C] */
  query: tf.Tensor;
  /** [B, m, C] */
  key: tf.Tensor;
  /** [B, m, C] */
  value: tf.Tensor;
  /** [n, m], added to the scores: 0 visible, −1e9 blocked. */
  mask?: tf.Tensor | undefined;
}

/** Dropout rates of {@link multiheadAttention}. */
export interface AttentionOptions {
  /** On the attention weights. */
  dropout?: number;
  /** On the output. */
  outDropout?: number;
}

/**
 * softmax(QKᵀ/√d) V per head, then the output projection; no residual.
 * Parameters as torch.nn.MultiheadAttention: `in_proj_weight` [3C, C] with
 * rows query, key, value; heads are contiguous blocks of C/heads columns.
 */
export function multiheadAttention(
  name: string,
  width: number,
  heads: number,
  options: AttentionOptions = {},
): Module<[AttentionInputs, Pass], tf.Tensor> {
  const xavier = { kind: "xavier-uniform" } as const;
  const zero = { kind: "constant", value: 0 } as const;
  return {
    params: {
      [`${name}.in_proj_weight`]: {
        shape: [3 * width, width],
        init: xavier,
        trainable: true,
      },
      [`${name}.in_proj_bias`]: {
        shape: [3 * width],
        init: zero,
        trainable: true,
      },
      [`${name}.out_proj.weight`]: {
        shape: [width, width],
        init: xavier,
        trainable: true,
      },
      [`${name}.out_proj.bias`]: {
        shape: [width],
        init: zero,
        trainable: true,
      },
    },
    forward(params, { query, key, value, mask }, pass) {
      const weights = tf.split(params[`${name}.in_proj_weight`]!, 3);
      const biases = tf.split(params[`${name}.in_proj_bias`]!, 3);
      const project = (x: tf.Tensor, i: number) =>
        splitHeads(affine(x, weights[i]!, biases[i]!), heads);
      const scale = 1 / Math.sqrt(width / heads);
      const Q = tf.mul(project(query, 0), scale);
      let scores = tf.matMul(Q, project(key, 1), false, true);
      if (mask) scores = tf.add(scores, mask);
      const shares = dropout(tf.softmax(scores), options.dropout ?? 0, pass);
      const mixed = joinHeads(tf.matMul(shares, project(value, 2)));
      const out = affine(
        mixed,
        params[`${name}.out_proj.weight`]!,
        params[`${name}.out_proj.bias`]!,
      );
      return dropout(out, options.outDropout ?? 0, pass);
    },
  };
}

/** [B, n, C] → [B, heads, n, C/heads] */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [B, n, C] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [B, n, heads, C / heads]), [0, 2, 1, 3]);
}

/** [B, heads, n, d] → [B, n, heads·d] */
function joinHeads(x: tf.Tensor): tf.Tensor {
  const [B, heads, n, d] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [B, n, heads * d]);
}
