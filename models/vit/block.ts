/**
 * A pre-norm block: attention in windows, then a gated linear unit.
 *
 * Source: Block, SwiGLU, DropPath of backbones/eva_vit.py in StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Pass } from "../module.ts";
import { layerNorm, linear, mergeParams } from "../nn/mod.ts";
import type { ImagePart } from "../resnet.ts";
import { ropeAttention } from "./attention.ts";
import { rotationOf } from "./rope.ts";
import { fromWindows, toWindows } from "./windows.ts";

/** Of all norms inside. */
export const EPSILON = 1e-6;

/** Settings of {@linkcode vitBlock}. */
export interface BlockOptions {
  /** C */
  width: number;
  /** Attention heads. */
  heads: number;
  /** Tokens of a window's side. */
  window: number;
  /** Name of the rotary tables of a window's places. */
  tables: string;
  /** Probability that a branch is left out of a sample. */
  dropPath: number;
}

/** Tokens [B, h, w, C] → the same; the tables are among the parameters. */
export function vitBlock(name: string, options: BlockOptions): ImagePart {
  const { width, heads, window, tables, dropPath: rate } = options;
  const norms = [1, 2].map((i) =>
    layerNorm(`${name}.norm${i}`, width, EPSILON)
  );
  const attend = ropeAttention(`${name}.attn`, width, heads);
  const think = swiGlu(`${name}.mlp`, width);
  return {
    params: mergeParams(...norms, attend, think),
    forward(params, x, pass) {
      const rotate = rotationOf(params, tables);
      const normed = (i: number, x: tf.Tensor) =>
        norms[i]!.forward(params, x) as tf.Tensor4D;
      const windows = toWindows(normed(0, x), window);
      const seen = fromWindows(
        attend.forward(params, windows, rotate),
        window,
        x.shape,
      );
      const looked = tf.add(x, dropPath(seen, rate, pass)) as tf.Tensor4D;
      const thought = think.forward(params, normed(1, looked));
      return tf.add(looked, dropPath(thought, rate, pass));
    },
  };
}

/** Width of the gated unit's hidden layer: two thirds of four times C. */
export function hiddenWidth(width: number): number {
  return Math.trunc(width * (4 * 2 / 3));
}

/** w3(LN(silu(w1 x) · w2 x)): SwiGLU (Shazeer 2020) with a norm inside. */
function swiGlu(name: string, width: number): Module<[tf.Tensor], tf.Tensor> {
  const hidden = hiddenWidth(width);
  const gate = linear(`${name}.w1`, width, hidden);
  const content = linear(`${name}.w2`, width, hidden);
  const norm = layerNorm(`${name}.ffn_ln`, hidden, EPSILON);
  const output = linear(`${name}.w3`, hidden, width);
  return {
    params: mergeParams(gate, content, norm, output),
    forward(params, x) {
      const opened = gate.forward(params, x);
      const silu = tf.mul(opened, tf.sigmoid(opened));
      const gated = tf.mul(silu, content.forward(params, x));
      return output.forward(params, norm.forward(params, gated));
    },
  };
}

/**
 * Leaves a branch [B, …] out of some samples and scales it in the others, so
 * that its mean stays (stochastic depth, Huang et al. 2016).
 */
function dropPath(x: tf.Tensor, rate: number, pass: Pass): tf.Tensor {
  if (!pass.training || rate === 0 || !pass.uniform) return x;
  const ones = x.shape.slice(1).map(() => 1);
  const kept = tf.greaterEqual(pass.uniform([x.shape[0]!, ...ones]), rate);
  return tf.mul(x, tf.mul(tf.cast(kept, "float32"), 1 / (1 - rate)));
}
