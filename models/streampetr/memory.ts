/**
 * The memory queue: what past frames leave for the present one.
 *
 * Source: paper section 3.3, StreamPETRHead.pre_update_memory and
 * post_update_memory of the reference. There the queue lives in the global
 * frame with absolute times; here it lives in the frame that wrote it, and
 * the host gives the (float64-made) motion between the two frames.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, ParamSpecs } from "../module.ts";
import { take } from "../nn/mod.ts";
import { type HeadConfig, rangeOf } from "./config.ts";
import { finite } from "./finite.ts";
import { detach } from "./training/detach.ts";
import type { FrameInputs, Memory } from "./types.ts";

/** Frozen points that stand in for propagated queries in a fresh scene. */
export function memoryParams(config: HeadConfig): ParamSpecs {
  return {
    [`${config.name}.pseudo_reference_points.weight`]: {
      shape: [config.propagated, 3],
      init: { kind: "uniform", low: 0, high: 1 },
      trainable: false,
    },
  };
}

/** Fields of the queue, in the order of a network's inputs and outputs. */
export const MEMORY_FIELDS = [
  "embedding",
  "referencePoint",
  "timestamp",
  "egoPose",
  "velocity",
] as const satisfies readonly (keyof Memory)[];

/** {@linkcode MEMORY_FIELDS}, or none for heads that have no memory. */
export function memoryFields(
  { memory }: Pick<HeadConfig, "memory">,
): readonly (keyof Memory)[] {
  return memory === 0 ? [] : MEMORY_FIELDS;
}

/** Shapes of the queue between frames by field; none where there is none. */
export function memoryShapes(
  config: HeadConfig,
  batch: number,
): Record<string, number[]> {
  if (config.memory === 0) return {};
  const rows = config.memory + config.topk;
  return {
    embedding: [batch, rows, config.embedDims],
    referencePoint: [batch, rows, 3],
    timestamp: [batch, rows, 1],
    egoPose: [batch, rows, 4, 4],
    velocity: [batch, rows, 2],
  };
}

/** R·E of [B, 4, 4] and [B, R, 4, 4]. */
function movePoses(move: tf.Tensor, poses: tf.Tensor): tf.Tensor {
  const [B, rows] = poses.shape as [number, number];
  const columns = tf.reshape(tf.transpose(poses, [0, 2, 1, 3]), [
    B,
    4,
    rows * 4,
  ]);
  const moved = tf.reshape(tf.matMul(move, columns), [B, 4, rows, 4]);
  return tf.transpose(moved, [0, 2, 1, 3]);
}

/** Applies [B, 4, 4] to points [B, R, 3]. */
export function movePoints(move: tf.Tensor, points: tf.Tensor): tf.Tensor {
  const B = move.shape[0]!;
  const linear = tf.slice(move, [0, 0, 0], [B, 3, 3]);
  const shift = tf.reshape(tf.slice(move, [0, 0, 3], [B, 3, 1]), [B, 1, 3]);
  return tf.add(tf.matMul(points, linear, false, true), shift);
}

/**
 * Samples [B, …] where they continue a scene, else `fresh` (of the same shape
 * without B). A selection, not the reference's product: NaN times 0 would
 * survive the scene's end.
 * @param prevExists [B] 1 or 0.
 */
export function keepKnown(
  prevExists: tf.Tensor,
  x: tf.Tensor,
  fresh: tf.Tensor,
): tf.Tensor {
  const ones = x.shape.slice(1).map(() => 1);
  const known = tf.reshape(prevExists, [x.shape[0]!, ...ones]);
  const wide = tf.add(tf.zerosLike(x), fresh);
  return tf.where(tf.greater(known, 0.5), x, wide);
}

/** The queue of a fresh scene, [M, …]: pseudo points at rest, then nothing. */
function freshRows(config: HeadConfig, params: Params) {
  const { memory: M, propagated: P } = config;
  const { minimum, extent } = rangeOf(config.pcRange);
  const pseudo = take(params, `${config.name}.pseudo_reference_points.weight`);
  const start = tf.add(tf.mul(pseudo, extent), minimum);
  const rest = tf.reshape(tf.eye(4), [1, 4, 4]);
  return {
    points: tf.concat([start, tf.zeros([M - P, 3])], 0),
    poses: tf.concat([
      tf.mul(tf.ones([P, 1, 1]), rest),
      tf.zeros([M - P, 4, 4]),
    ], 0),
  };
}

/**
 * The M rows that the present frame sees, moved into its LiDAR frame. Where
 * prevExists is 0 they are erased, but for the first P rows, which become
 * the pseudo reference points at rest.
 */
export function recall(
  config: HeadConfig,
  params: Params,
  frame: FrameInputs,
  memory: Memory,
): Memory {
  const B = memory.embedding.shape[0]!;
  const keep = (x: tf.Tensor, fresh: tf.Tensor) => {
    const rest = x.shape.slice(2);
    const rows = tf.slice(x, x.shape.map(() => 0), [B, config.memory, ...rest]);
    return keepKnown(frame.prevExists, rows, fresh);
  };
  const nothing = tf.scalar(0);
  const fresh = freshRows(config, params);
  const move = frame.currentFromPrevious;
  const elapsed = tf.reshape(frame.deltaSeconds, [B, 1, 1]);
  return {
    embedding: keep(memory.embedding, nothing),
    referencePoint: keep(movePoints(move, memory.referencePoint), fresh.points),
    timestamp: keep(tf.add(memory.timestamp, elapsed), nothing),
    egoPose: keep(movePoses(move, memory.egoPose), fresh.poses),
    velocity: keep(memory.velocity, nothing),
  };
}

/** What a frame's best queries leave behind. */
export interface Leavings {
  /** [B, n, classes] logits of the last layer, without denoising rows. */
  classScores: tf.Tensor;
  /** [B, n, 10] box codes of the last layer. */
  boxCodes: tf.Tensor;
  /** [B, n, C] output of the last layer, after post_norm. */
  embedding: tf.Tensor;
}

/** Indices [B, K] of the best queries by their most probable class. */
export function bestQueries(
  config: HeadConfig,
  classScores: tf.Tensor,
): tf.Tensor2D {
  const score = tf.max(detach(classScores), -1) as tf.Tensor2D;
  return tf.topk(score, config.topk).indices;
}

/**
 * Puts the K best queries in front of the rows that the frame saw; no
 * gradient flows back through them, and no NaN goes on.
 */
export function remember(
  config: HeadConfig,
  seen: Memory,
  { classScores, boxCodes, embedding }: Leavings,
): Memory {
  const K = config.topk;
  const B = embedding.shape[0]!;
  const indices = bestQueries(config, classScores);
  const best = (x: tf.Tensor) => finite(tf.gather(detach(x), indices, 1, 1));
  const codes = best(boxCodes);
  const width = codes.shape[2]!;
  const centers = tf.slice(codes, [0, 0, 0], [B, K, 3]);
  const velocities = tf.slice(codes, [0, 0, width - 2], [B, K, 2]);
  const identity = tf.mul(
    tf.ones([B, K, 1, 1]),
    tf.reshape(tf.eye(4), [1, 1, 4, 4]),
  );
  return {
    embedding: tf.concat([best(embedding), seen.embedding], 1),
    referencePoint: tf.concat([centers, seen.referencePoint], 1),
    timestamp: tf.concat([tf.zeros([B, K, 1]), seen.timestamp], 1),
    egoPose: tf.concat([identity, seen.egoPose], 1),
    velocity: tf.concat([velocities, seen.velocity], 1),
  };
}
