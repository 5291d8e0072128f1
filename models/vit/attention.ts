/**
 * Self-attention of a window's tokens.
 *
 * Source: Attention of backbones/eva_vit.py in StreamPETR; queries and values
 * have biases, keys have none.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params } from "../module.ts";
import { affine, linear, mergeParams, take } from "../nn/mod.ts";
import { evenFirst, type Rotation } from "./rope.ts";

/** Tokens [b, n, C] and the rotation of n places → [b, n, C]. */
export function ropeAttention(
  name: string,
  width: number,
  heads: number,
): Module<[tf.Tensor3D, Rotation], tf.Tensor3D> {
  const plain = { bias: false };
  const query = linear(`${name}.q_proj`, width, width, plain);
  const key = linear(`${name}.k_proj`, width, width, plain);
  const value = linear(`${name}.v_proj`, width, width, plain);
  const output = linear(`${name}.proj`, width, width);
  const bias = (part: string) => ({
    [`${name}.${part}_bias`]: {
      shape: [width],
      init: { kind: "constant", value: 0 },
      trainable: true,
    } as const,
  });
  const scale = Math.sqrt(heads / width);
  return {
    params: mergeParams(query, key, value, bias("q"), bias("v"), output),
    forward(params, x, rotate) {
      const turned = (part: "q" | "k") =>
        rotate(split(turnable(params, name, part, heads, x), heads));
      const queries = tf.mul(turned("q"), scale);
      const scores = tf.matMul(queries, turned("k"), false, true);
      const values = tf.add(
        value.forward(params, x),
        take(params, `${name}.v_bias`),
      );
      const mixed = tf.matMul(tf.softmax(scores), split(values, heads));
      const merged = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape);
      return output.forward(params, merged) as tf.Tensor3D;
    },
  };
}

/** Queries or keys [b, n, C] with even channels first in each head. */
function turnable(
  params: Params,
  name: string,
  part: "q" | "k",
  heads: number,
  x: tf.Tensor,
): tf.Tensor {
  const weight = take(params, `${name}.${part}_proj.weight`);
  return affine(
    x,
    evenFirst(weight, heads) as tf.Tensor2D,
    part === "q" ? evenFirst(take(params, `${name}.q_bias`), heads) : undefined,
  );
}

/** [b, n, C] → [b, heads, n, C / heads]. */
function split(x: tf.Tensor, heads: number): tf.Tensor {
  const [b, n, C] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [b, n, heads, C / heads]), [0, 2, 1, 3]);
}
