/**
 * Reference points that are learned, one a query.
 *
 * Source: `reference_points` of StreamPETRHead and PETRHeadDN of the
 * reference.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.ts";
import { take } from "../nn/mod.ts";
import type { HeadConfig } from "./config.ts";
import type { DenoisingInputs } from "./types.ts";

/**
 * Points [B, D+Q, 3] in units of pcRange: those of the noised objects, if
 * any, and then the learned ones, equal in all frames of the batch.
 */
export function learnedPoints(
  { name, queries }: Pick<HeadConfig, "name" | "queries">,
): Module<[batch: number, DenoisingInputs | null], tf.Tensor> {
  const weight = `${name}.reference_points.weight`;
  return {
    params: {
      [weight]: {
        shape: [queries, 3],
        init: { kind: "uniform", low: 0, high: 1 },
        trainable: true,
      },
    },
    forward(params, batch, denoising) {
      const learned = tf.mul(
        tf.ones([batch, 1, 1]),
        tf.expandDims(take(params, weight), 0),
      );
      return denoising
        ? tf.concat([denoising.referencePoints, learned], 1)
        : learned;
    },
  };
}
