/**
 * Rotary position embedding in two dimensions (Su et al. 2021; EVA-02, Fang
 * et al. 2023): channels turn in pairs, half of them by the row, half by the
 * column of a token.
 *
 * Source: VisionRotaryEmbeddingFast of backbones/eva_vit.py in StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, ParamSpecs } from "../module.ts";
import { take } from "../nn/mod.ts";

const BASE = 10000;

/** Settings of a table. */
export interface RopeConfig {
  /** d, channels of a head. */
  channels: number;
  /** s, tokens of a window's side. */
  side: number;
  /** Side that angles are scaled to, the one of pretraining. */
  pretrainedSide: number;
}

/** Cosine and sine tables [s², d] in the state dict, with their copies. */
export function ropeParams(
  name: string,
  copies: readonly string[],
  config: RopeConfig,
): ParamSpecs {
  const angles = ropeAngles(config);
  const table = (part: string, of: (angle: number) => number) => ({
    [`${name}.${part}`]: {
      shape: [config.side ** 2, config.channels],
      init: { kind: "values", values: angles.map(of) },
      trainable: false,
      buffer: true,
      aliases: copies.map((copy) => `${copy}.${part}`),
    } as const,
  });
  return {
    ...table("freqs_cos", Math.cos),
    ...table("freqs_sin", Math.sin),
  };
}

/** Angles [s², d] of rows, then columns; both channels of a pair the same. */
export function ropeAngles(
  { channels, side, pretrainedSide }: RopeConfig,
): number[] {
  const half = channels / 2;
  const along = (position: number, channel: number) => {
    const pair = Math.floor(channel / 2);
    // The reference's tables are float32 products of float32 factors.
    const frequency = Math.fround(1 / Math.fround(BASE ** (2 * pair / half)));
    const at = Math.fround(Math.fround(position / side) * pretrainedSide);
    return Math.fround(at * frequency);
  };
  const angles: number[] = [];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (let c = 0; c < half; c++) angles.push(along(row, c));
      for (let c = 0; c < half; c++) angles.push(along(column, c));
    }
  }
  return angles;
}

/**
 * Rows of a weight or bias [heads·d, …] with each head's even channels before
 * its odd ones. Queries and keys in that order have the same products, and
 * pairs are turned without interleaving.
 */
export function evenFirst(x: tf.Tensor, heads: number): tf.Tensor {
  const rows = x.shape[0]!;
  const rest = x.size / rows;
  const pairs = tf.reshape(x, [heads, rows / heads / 2, 2, rest]);
  return tf.reshape(tf.transpose(pairs, [0, 2, 1, 3]), x.shape);
}

/** Turns [..., n, d] (even channels first) by the tables of n = s² tokens. */
export type Rotation = (x: tf.Tensor) => tf.Tensor;

/** The rotation of the tables of a name. */
export function rotationOf(params: Params, name: string): Rotation {
  const halves = (part: string) => {
    const table = take(params, `${name}.${part}`);
    const [n, d] = table.shape as [number, number];
    const pairs = tf.reshape(table, [n, d / 2, 2]);
    return tf.split(pairs, 2, -1).map((x) => tf.reshape(x, [n, d / 2]));
  };
  const [evenCos, oddCos] = halves("freqs_cos") as [tf.Tensor, tf.Tensor];
  const [evenSin, oddSin] = halves("freqs_sin") as [tf.Tensor, tf.Tensor];
  return (x) => {
    const [even, odd] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
    return tf.concat([
      tf.sub(tf.mul(even, evenCos), tf.mul(odd, evenSin)),
      tf.add(tf.mul(odd, oddCos), tf.mul(even, oddSin)),
    ], -1);
  };
}
