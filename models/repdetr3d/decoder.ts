/**
 * The decoder: queries look at each other and the memory, then at places in
 * the images.
 *
 * Source: Detr3DTemporalDecoderLayer, Detr3DTransformerDecoder of StreamPETR
 * (models/utils/detr3d_transformer.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, Pass, Tensors } from "../module.ts";
import {
  layerNorm,
  mergeParams,
  multiheadAttention,
  recomputed,
} from "../nn/mod.ts";
import type { Queries } from "../streampetr/queries.ts";
import { feedForward } from "../streampetr/transformer.ts";
import { aggregation, type Scene } from "./aggregation.ts";
import type { RepDetrConfig } from "./config.ts";

/** What a layer takes besides the queries' contents. */
export interface LayerContext {
  /** The frame's queries and memory. */
  queries: Queries;
  /** What they look at. */
  scene: Scene;
  /** [n, n + r], added to the scores of self-attention. */
  mask?: tf.Tensor | undefined;
}

type Layer = Module<[tf.Tensor, LayerContext, Pass], tf.Tensor>;

/** Builds all layers: → [L] of [B, n, C]; no norm follows the last one. */
export function repDetrDecoder(
  config: RepDetrConfig,
): Module<[LayerContext, Pass], tf.Tensor[]> {
  const layers = Array.from(
    { length: config.layers },
    (_, i) =>
      decoderLayer(config, `${config.name}.transformer.decoder.layers.${i}`),
  );
  return {
    params: mergeParams(...layers),
    forward(params, context, pass) {
      let x = context.queries.content;
      return layers.map((layer) => {
        x = config.checkpoint
          ? keepingInputs(layer, params, x, context, pass)
          : layer.forward(params, x, context, pass);
        return x;
      });
    },
  };
}

/** A layer whose inner values are computed again in the backward pass. */
function keepingInputs(
  layer: Layer,
  params: Params,
  content: tf.Tensor,
  { queries, scene, mask }: LayerContext,
  pass: Pass,
): tf.Tensor {
  const { position, memory, memoryPosition } = queries;
  const { features, referencePoints, imageFromLidar } = scene;
  const flowing = {
    ...{ content, position, memory, memoryPosition },
    ...{ features, referencePoints },
  };
  const fixed: Tensors = mask ? { mask, imageFromLidar } : { imageFromLidar };
  return recomputed(
    layer,
    params,
    { flowing, fixed },
    pass,
    (own, given, pass) => {
      const now = given as unknown as Queries & Scene & { mask?: tf.Tensor };
      const context = { queries: now, scene: now, mask: now.mask };
      return layer.forward(own, now.content, context, pass);
    },
  );
}

/** One post-norm layer: self-attention, aggregation, feed-forward. */
function decoderLayer(config: RepDetrConfig, name: string): Layer {
  const { embedDims: C, heads, dropout } = config;
  const attend = multiheadAttention(`${name}.attentions.0.attn`, C, heads, {
    dropout,
    outDropout: dropout,
  });
  const look = aggregation(config, `${name}.attentions.1`);
  const still = { ...config, dropout: 0 };
  const think = feedForward(still, `${name}.ffns.0.layers`, {});
  const norms = [0, 1, 2].map((i) => layerNorm(`${name}.norms.${i}`, C));
  return {
    params: mergeParams(attend, look, think, ...norms),
    forward(params, content, { queries, scene, mask }, pass) {
      const norm = (i: number, x: tf.Tensor) => norms[i]!.forward(params, x);
      const values = tf.concat([content, queries.memory], 1);
      const { position } = queries;
      const positions = tf.concat([position, queries.memoryPosition], 1);
      const heard = attend.forward(params, {
        query: tf.add(content, position) as tf.Tensor3D,
        key: tf.add(values, positions) as tf.Tensor3D,
        value: values as tf.Tensor3D,
        ...(mask ? { mask: mask as tf.Tensor2D } : {}),
      }, pass);
      let x = norm(0, tf.add(content, heard));
      x = norm(1, tf.add(x, look.forward(params, x, position, scene, pass)));
      return norm(2, tf.add(x, think.forward(params, x, pass)));
    },
  };
}
