/**
 * Which image tokens the 3D head attends to in training.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "../training/detach.ts";
import type { FocalPredictions } from "./head.ts";

/** Tokens kept of `count`, for a share of them. */
export function keptTokens(count: number, ratio: number): number {
  return Math.trunc(count * ratio);
}

/**
 * The `kept` tokens of every sample that most probably show an object near
 * its centre, best first, as [B, kept] indices into its N·T tokens; no
 * gradient flows through the choice.
 *
 * @param batch B, whose cameras follow each other in the predictions.
 */
export function chooseTokens(
  { classScores, centerness }: FocalPredictions,
  batch: number,
  kept: number,
): tf.Tensor2D {
  const best = tf.max(detach(classScores), -1);
  const weight = tf.mul(
    tf.sigmoid(best),
    tf.sigmoid(tf.reshape(detach(centerness), best.shape)),
  );
  const bySample = tf.reshape(weight, [batch, -1]) as tf.Tensor2D;
  return tf.topk(bySample, kept).indices;
}

/** Rows [B, n, C] at [B, k] indices: [B, k, C]. */
export function gatherTokens(
  x: tf.Tensor3D,
  indices: tf.Tensor2D,
): tf.Tensor3D {
  const [batch, count, width] = x.shape;
  const first = tf.tensor2d(
    Array.from({ length: batch }, (_, b) => [b * count]),
    [batch, 1],
    "int32",
  );
  const rows = tf.reshape(tf.add(indices, first), [-1]) as tf.Tensor1D;
  const flat = tf.reshape(x, [batch * count, width]);
  return tf.reshape(tf.gather(flat, rows), [batch, indices.shape[1], width]);
}
