/**
 * The StreamPETR head: tokens and memory in, boxes and new memory out.
 *
 * Source: StreamPETRHead.forward of the reference (dense_heads/
 * streampetr_head.py), whose losses are in loss.ts.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Pass } from "../module.ts";
import { inverseSigmoid, mergeParams } from "../nn/mod.ts";
import { boxBranch, classBranch, constants } from "./branches.ts";
import { checkHead, type HeadConfig, rangeOf } from "./config.ts";
import { stackLayers } from "./finite.ts";
import { type Leavings, memoryParams, recall, remember } from "./memory.ts";
import { tokenEncoder } from "./position.ts";
import { type Queries, queryMaker } from "./queries.ts";
import { decoder } from "./transformer.ts";
import type {
  DenoisingInputs,
  FrameInputs,
  Memory,
  Predictions,
} from "./types.ts";

/** What the head gives. */
export interface HeadOutputs {
  /** Scores and box codes of every decoder layer. */
  predictions: Predictions;
  /** For the next frame; no gradient belongs through it. */
  memory: Memory;
  /** Intermediate results, for comparison with the reference. */
  debug: Record<string, tf.Tensor>;
}

/** A built head; features are [B, N, h, w, C]. */
export type Head = Module<
  [
    tf.Tensor,
    FrameInputs,
    Memory,
    DenoisingInputs | null,
    Pass,
    /** [B, k] indices of the tokens to attend to; null for all. */
    (tf.Tensor2D | null)?,
  ],
  HeadOutputs
>;

/**
 * Builds the head.
 * @throws {RangeError} when the sizes of the config do not fit together.
 */
export function buildHead(config: HeadConfig): Head {
  checkHead(config);
  const tokens = tokenEncoder(config);
  const queries = queryMaker(config);
  const layers = decoder(config);
  const predict = predictor(config);
  return {
    params: mergeParams(
      constants(config),
      predict,
      tokens,
      memoryParams(config),
      queries,
      layers,
    ),
    forward(params, features, frame, memory, denoising, pass, kept) {
      const seen = recall(config, params, frame, memory);
      const image = tokens.forward(params, features, frame, kept);
      const asked = queries.forward(params, seen, denoising);
      const { raw, normed } = layers.forward(params, {
        queries: asked.content,
        queryPosition: asked.position,
        memory: asked.memory,
        memoryPosition: asked.memoryPosition,
        tokens: image.memory,
        tokenPosition: image.position,
        mask: denoising?.mask,
      }, pass);
      const outputs = stackLayers(normed, pass);
      const predictions = predict
        .forward(params, outputs, asked.referencePoints);
      return {
        predictions,
        memory: remember(config, seen, leavings(config, predictions, outputs)),
        debug: { ...image.debug, ...debugOf(asked, raw), outputs },
      };
    },
  };
}

/** Decoder outputs [L, B, n, C] and points [B, n, 3] to predictions. */
export function predictor(
  config: HeadConfig,
): Module<[tf.Tensor, tf.Tensor], Predictions> {
  const classify = classBranch(config);
  const regress = boxBranch(config);
  return {
    params: mergeParams(classify, regress),
    forward: (params, outputs, referencePoints) => ({
      classScores: classify.forward(params, outputs),
      boxCodes: toMetres(
        config,
        regress.forward(params, outputs),
        referencePoints,
      ),
    }),
  };
}

/** What the last layer's queries, but for denoising ones, leave behind. */
export function leavings(
  config: HeadConfig,
  { classScores, boxCodes }: Predictions,
  outputs: tf.Tensor,
): Leavings {
  const rows = config.queries + config.propagated;
  return {
    classScores: lastRows(classScores, rows),
    boxCodes: lastRows(boxCodes, rows),
    embedding: lastRows(outputs, rows),
  };
}

function debugOf(
  { content, position, ...rest }: Queries,
  raw: readonly tf.Tensor[],
): Record<string, tf.Tensor> {
  const layers = raw.map((x, i) => [`layer${i}`, x] as const);
  return {
    queryContent: content,
    queryPosition: position,
    ...rest,
    ...Object.fromEntries(layers),
  };
}

/** Last layer, without denoising rows: [L, B, n, c] → [B, rows, c]. */
function lastRows(x: tf.Tensor, rows: number): tf.Tensor {
  const [L, B, n, c] = x.shape as [number, number, number, number];
  const part = tf.slice(x, [L - 1, 0, n - rows, 0], [1, B, rows, c]);
  return tf.reshape(part, [B, rows, c]);
}

/** Centres relative to reference points → metres; the other codes as they are. */
function toMetres(
  config: HeadConfig,
  codes: tf.Tensor,
  referencePoints: tf.Tensor,
): tf.Tensor {
  const [offset, rest] = tf.split(codes, [3, codes.shape.at(-1)! - 3], -1);
  const { minimum, extent } = rangeOf(config.pcRange);
  const center = tf.sigmoid(tf.add(offset!, inverseSigmoid(referencePoints)));
  return tf.concat([tf.add(tf.mul(center, extent), minimum), rest!], -1);
}
