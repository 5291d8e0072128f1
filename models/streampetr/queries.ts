/**
 * The queries of a frame, and what they know of their own motion.
 *
 * Source: paper section 3.3 (motion-aware layer normalisation) and
 * StreamPETRHead.temporal_alignment of the reference.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params } from "../module.ts";
import { layerNorm, linear, mergeParams } from "../nn/mod.ts";
import { type HeadConfig, rangeOf } from "./config.ts";
import { nerfCode, OCTAVES, pos2posemb1d, pos2posemb3d } from "./encoding.ts";
import { motionNorm, twoLayers } from "./modulation.ts";
import { learnedPoints } from "./points.ts";
import type { DenoisingInputs, Memory } from "./types.ts";

/** Queries in the order denoising | learned | propagated, n = D+Q+P. */
export interface Queries {
  /** [B, n, C] */
  content: tf.Tensor;
  /** [B, n, C] */
  position: tf.Tensor;
  /** [B, n, 3] in units of pcRange. */
  referencePoints: tf.Tensor;
  /** [B, M−P, C] rows of the memory that are keys only. */
  memory: tf.Tensor;
  /** [B, M−P, C] */
  memoryPosition: tf.Tensor;
}

/** Numbers in a motion code: velocity, time and three rows of a pose. */
const MOTION = 15;

/** [B, M, 15] of memory rows: vx, vy, seconds, pose rows. */
function motionOf(memory: Memory): tf.Tensor {
  const [B, M] = memory.egoPose.shape as [number, number];
  const rows = tf.slice(memory.egoPose, [0, 0, 0, 0], [B, M, 3, 4]);
  return tf.concat([
    memory.velocity,
    memory.timestamp,
    tf.reshape(rows, [B, M, 12]),
  ], -1);
}

/** [1, 1, 15] of a query of this very frame. */
function atRest(): tf.Tensor {
  const pose = tf.reshape(tf.slice(tf.eye(4), [0, 0], [3, 4]), [1, 1, 12]);
  return tf.concat([tf.zeros([1, 1, 3]), pose], -1);
}

/** Makes queries from learned points and the memory. */
export interface QueryMaker
  extends Module<[Memory, DenoisingInputs | null], Queries> {
  /** Position codes of queries of this very frame at points [B, n, 3]. */
  locate(params: Params, points: tf.Tensor): tf.Tensor;
}

/** The networks that code where a query is, and how it got there. */
function coders(config: HeadConfig) {
  const { name, embedDims: C } = config;
  const embedding = twoLayers(`${name}.query_embedding`, C * 3 / 2, C, C);
  const time = linear(`${name}.time_embedding.0`, C, C);
  const timeNorm = layerNorm(`${name}.time_embedding.1`, C);
  const width = MOTION * 2 * OCTAVES.length;
  const movePosition = motionNorm(`${name}.ego_pose_pe`, width, C);
  const moveContent = motionNorm(`${name}.ego_pose_memory`, width, C);
  return {
    params: mergeParams(embedding, time, timeNorm, movePosition, moveContent),
    moveContent,
    /** Position code of points [B, n, 3] before any motion. */
    embed: (params: Params, points: tf.Tensor) =>
      embedding.forward(params, pos2posemb3d(points, C / 2)),
    /** The same after a motion that took some seconds. */
    settle(
      params: Params,
      raw: tf.Tensor,
      motion: tf.Tensor,
      seconds: tf.Tensor,
    ): tf.Tensor {
      const age = time.forward(params, pos2posemb1d(seconds, C));
      const moved = movePosition.forward(params, raw, motion);
      return tf.add(moved, timeNorm.forward(params, age));
    },
  };
}

type Coders = ReturnType<typeof coders>;

/** The position code of a query of this very frame, from the raw one. */
function settleNow(coder: Coders, params: Params, raw: tf.Tensor): tf.Tensor {
  return coder.settle(params, raw, nerfCode(atRest()), tf.zeros([1, 1, 1]));
}

/** What queries of this very frame hold, by their raw codes [B, n, C]. */
function firstContent(
  { queryContent, embedDims: C }: HeadConfig,
  coder: Coders,
  params: Params,
  raw: tf.Tensor,
): tf.Tensor {
  const still = nerfCode(atRest());
  if (queryContent === "position") {
    return coder.moveContent.forward(params, raw, still);
  }
  const [B, n] = raw.shape as [number, number];
  const one = coder.moveContent.forward(params, tf.zeros([1, 1, C]), still);
  return tf.mul(tf.ones([B, n, 1]), one);
}

/** The memory as queries: all M rows, moved and aged. */
function remembered(
  { pcRange }: HeadConfig,
  coder: Coders,
  params: Params,
  memory: Memory,
): Rows {
  const { minimum, extent } = rangeOf(pcRange);
  const reference = tf.div(tf.sub(memory.referencePoint, minimum), extent);
  const motion = nerfCode(motionOf(memory));
  const raw = coder.embed(params, reference);
  return {
    content: coder.moveContent.forward(params, memory.embedding, motion),
    position: coder.settle(params, raw, motion, memory.timestamp),
    reference,
  };
}

/** Builds the maker of a frame's queries. */
export function queryMaker(config: HeadConfig): QueryMaker {
  const coder = coders(config);
  const points = learnedPoints(config);
  return {
    params: mergeParams(coder, points),
    locate: (params, points) =>
      settleNow(coder, params, coder.embed(params, points)),
    forward(params, memory, denoising) {
      const B = memory.embedding.shape[0]!;
      const reference = points.forward(params, B, denoising);
      const raw = coder.embed(params, reference);
      const now = {
        content: firstContent(config, coder, params, raw),
        position: settleNow(coder, params, raw),
        reference,
      };
      const old = remembered(config, coder, params, memory);
      return propagate(config, now, old);
    },
  };
}

interface Rows {
  content: tf.Tensor;
  position: tf.Tensor;
  reference: tf.Tensor;
}

/** The first P rows of the memory join the queries, the rest stay keys. */
function propagate(config: HeadConfig, now: Rows, old: Rows): Queries {
  const { propagated: P, memory: M } = config;
  const head = (x: tf.Tensor) =>
    tf.slice(x, [0, 0, 0], [x.shape[0]!, P, x.shape[2]!]);
  const tail = (x: tf.Tensor) =>
    tf.slice(x, [0, P, 0], [x.shape[0]!, M - P, x.shape[2]!]);
  return {
    content: tf.concat([now.content, head(old.content)], 1),
    position: tf.concat([now.position, head(old.position)], 1),
    referencePoints: tf.concat([now.reference, head(old.reference)], 1),
    memory: tail(old.content),
    memoryPosition: tail(old.position),
  };
}
