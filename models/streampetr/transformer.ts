/**
 * The decoder: queries look at each other and the memory, then at the images.
 *
 * Source: PETRTemporalTransformer, PETRTemporalDecoderLayer of StreamPETR
 * (models/utils/petr_transformer.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, Pass, Tensors } from "../module.ts";
import {
  dropout,
  layerNorm,
  linear,
  type LinearOptions,
  mergeParams,
  multiheadAttention,
  recomputed,
} from "../nn/mod.ts";
import type { HeadConfig } from "./config.ts";

/** All that the decoder works on. n queries, r memory rows, T tokens. */
export interface DecoderInputs {
  /** [B, n, C] */
  queries: tf.Tensor;
  /** [B, n, C], added where queries ask and answer. */
  queryPosition: tf.Tensor;
  /** [B, r, C] further keys and values of self-attention, if there are any. */
  memory?: tf.Tensor;
  /** [B, r, C], with the memory. */
  memoryPosition?: tf.Tensor;
  /** [B, T, C] */
  tokens: tf.Tensor;
  /** [B, T, C] */
  tokenPosition: tf.Tensor;
  /** [n, n + r], added to the scores of self-attention. */
  mask?: tf.Tensor | undefined;
}

/** What a layer works on: tokens as keys, with their position added. */
type LayerInputs = Omit<DecoderInputs, "tokenPosition"> & { keys: tf.Tensor };

type Layer = Module<[LayerInputs, Pass], tf.Tensor>;

/** One post-norm layer: self-attention, cross-attention, feed-forward. */
function decoderLayer(config: HeadConfig, name: string): Layer {
  const { embedDims: C, heads, dropout: rate } = config;
  const attention = (i: number, dropout: number) =>
    multiheadAttention(`${name}.attentions.${i}.attn`, C, heads, {
      dropout,
      outDropout: rate,
    });
  const selfAttention = attention(0, rate);
  const crossAttention = attention(1, config.crossAttentionDropout);
  const think = feedForward(config, `${name}.ffns.0.layers`);
  const norms = [0, 1, 2].map((i) => layerNorm(`${name}.norms.${i}`, C));
  return {
    params: mergeParams(selfAttention, crossAttention, think, ...norms),
    forward(params, inputs, pass) {
      const { queryPosition, mask } = inputs;
      const norm = (i: number, x: tf.Tensor) => norms[i]!.forward(params, x);
      let x = inputs.queries;
      const values = joined(x, inputs.memory);
      const positions = joined(queryPosition, inputs.memoryPosition);
      const looked = selfAttention.forward(params, {
        query: tf.add(x, queryPosition) as tf.Tensor3D,
        key: tf.add(values, positions) as tf.Tensor3D,
        value: values as tf.Tensor3D,
        ...(mask ? { mask: mask as tf.Tensor2D } : {}),
      }, pass);
      x = norm(0, tf.add(x, looked));
      const seen = crossAttention.forward(params, {
        query: tf.add(x, queryPosition) as tf.Tensor3D,
        key: inputs.keys as tf.Tensor3D,
        value: inputs.tokens as tf.Tensor3D,
      }, pass);
      x = norm(1, tf.add(x, seen));
      return norm(2, tf.add(x, think.forward(params, x, pass)));
    },
  };
}

/** Rows behind others, if there are any. */
function joined(x: tf.Tensor, more?: tf.Tensor): tf.Tensor {
  return more ? tf.concat([x, more], 1) : x;
}

/** A layer whose inner values are computed again in the backward pass. */
function keepingInputs(
  layer: Layer,
  params: Params,
  { mask, ...flowing }: LayerInputs,
  pass: Pass,
): tf.Tensor {
  const fixed: Tensors = mask ? { mask } : {};
  const inputs = { flowing: { ...flowing }, fixed };
  return recomputed(
    layer,
    params,
    inputs,
    pass,
    (own, given, pass) =>
      layer.forward(own, given as unknown as LayerInputs, pass),
  );
}

/** [..., C]: linear, ReLU, linear, dropout behind either; no residual. */
export function feedForward(
  { embedDims: C, feedforward, dropout: rate }: Pick<
    HeadConfig,
    "embedDims" | "feedforward" | "dropout"
  >,
  name: string,
  options: LinearOptions = { biasInit: { kind: "constant", value: 0 } },
): Module<[tf.Tensor, Pass], tf.Tensor> {
  const init = { init: { kind: "xavier-uniform" }, ...options } as const;
  const widen = linear(`${name}.0.0`, C, feedforward, init);
  const narrow = linear(`${name}.1`, feedforward, C, init);
  return {
    params: mergeParams(widen, narrow),
    forward(params, x, pass) {
      const hidden = dropout(tf.relu(widen.forward(params, x)), rate, pass);
      return dropout(narrow.forward(params, hidden), rate, pass);
    },
  };
}

/** What the layers give, [L] of [B, n, C] each. */
export interface DecoderOutputs {
  /** What the next layer gets. */
  raw: tf.Tensor[];
  /** What the heads get: the same after the shared post_norm. */
  normed: tf.Tensor[];
}

/**
 * All layers, one after the other. Reference points are not refined between
 * them.
 */
export function decoder(
  config: HeadConfig,
): Module<[DecoderInputs, Pass], DecoderOutputs> {
  const name = `${config.name}.transformer.decoder`;
  const layers = Array.from(
    { length: config.layers },
    (_, i) => decoderLayer(config, `${name}.layers.${i}`),
  );
  const postNorm = layerNorm(`${name}.post_norm`, config.embedDims);
  return {
    params: mergeParams(...layers, postNorm),
    forward(params, inputs, pass) {
      let queries = inputs.queries;
      const keys = tf.add(inputs.tokens, inputs.tokenPosition);
      const raw = layers.map((layer) => {
        const given = { ...inputs, keys, queries };
        queries = config.checkpoint
          ? keepingInputs(layer, params, given, pass)
          : layer.forward(params, given, pass);
        return queries;
      });
      return { raw, normed: raw.map((x) => postNorm.forward(params, x)) };
    },
  };
}
