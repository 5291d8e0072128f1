/**
 * PETR's head: learned queries look at the tokens of one frame, placed on
 * their viewing rays. Focal-PETR is the same head with a 2D one beside it.
 *
 * Source: PETR (Liu et al. 2022) and Focal-PETR (Wang et al. 2022) as
 * PETRHeadDN of exiawsh/StreamPETR (dense_heads/petr_head_dn.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.ts";
import { mergeParams } from "../nn/mod.ts";
import { constants } from "../streampetr/branches.ts";
import { checkHead, type HeadConfig } from "../streampetr/config.ts";
import { pos2posemb3d } from "../streampetr/encoding.ts";
import { stackLayers } from "../streampetr/finite.ts";
import { type Head, predictor } from "../streampetr/head.ts";
import { twoLayers } from "../streampetr/modulation.ts";
import { tokenEncoder } from "../streampetr/position.ts";
import { learnedPoints } from "../streampetr/points.ts";
import { decoder } from "../streampetr/transformer.ts";
import type { DenoisingInputs } from "../streampetr/types.ts";

/**
 * Builds the head; features are [B, N, h, w, C]. The memory that it is given
 * it hands on as it is: there is none.
 * @throws {RangeError} when the sizes of the config do not fit together.
 */
export function buildPetrHead(config: HeadConfig): Head {
  checkPetr(config);
  const tokens = tokenEncoder(config);
  const queries = learnedQueries(config);
  const layers = decoder(config);
  const predict = predictor(config);
  return {
    params: mergeParams(constants(config), predict, tokens, queries, layers),
    forward(params, features, frame, memory, denoising, pass, kept) {
      const image = tokens.forward(params, features, frame, kept);
      const asked = queries.forward(params, features.shape[0]!, denoising);
      const { raw, normed } = layers.forward(params, {
        queries: asked.content,
        queryPosition: asked.position,
        tokens: image.memory,
        tokenPosition: image.position,
        mask: denoising?.mask,
      }, pass);
      const outputs = stackLayers(normed, pass);
      const debug = raw.map((x, i) => [`layer${i}`, x] as const);
      return {
        predictions: predict.forward(params, outputs, asked.referencePoints),
        memory,
        debug: { ...image.debug, ...Object.fromEntries(debug), outputs },
      };
    },
  };
}

/** Queries in the order denoising | learned, n = D + Q. */
interface LearnedQueries {
  /** [B, n, C] */
  content: tf.Tensor;
  /** [B, n, C] */
  position: tf.Tensor;
  /** [B, n, 3] in units of pcRange. */
  referencePoints: tf.Tensor;
}

/** PETR's query generator: learned points, their sines, two linear layers. */
function learnedQueries(
  config: HeadConfig,
): Module<[batch: number, DenoisingInputs | null], LearnedQueries> {
  const { name, embedDims: C, queryContent } = config;
  const points = learnedPoints(config);
  const embedding = twoLayers(`${name}.query_embedding`, C * 3 / 2, C, C);
  return {
    params: mergeParams(points, embedding),
    forward(params, batch, denoising) {
      const referencePoints = points.forward(params, batch, denoising);
      const position = embedding
        .forward(params, pos2posemb3d(referencePoints, C / 2));
      const content = queryContent === "position"
        ? position
        : tf.zerosLike(position);
      return { content, position, referencePoints };
    },
  };
}

function checkPetr(config: HeadConfig): void {
  checkHead(config);
  if (config.memory === 0) return;
  throw new RangeError(
    `Head config: memory is ${config.memory}, expected 0: PETR has none`,
  );
}
