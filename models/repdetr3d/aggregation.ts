/**
 * Deformable aggregation: every query looks at some places around its
 * reference point, in all maps of all cameras that show them.
 *
 * Source: DeformableFeatureAggregationCuda of StreamPETR (models/utils/
 * detr3d_transformer.py), after Sparse4D (Lin et al. 2022).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, Pass } from "../module.ts";
import {
  affine,
  deformableSum,
  dropout,
  layerNorm,
  linear,
  mergeParams,
  take,
} from "../nn/mod.ts";
import { rangeOf } from "../streampetr/config.ts";
import { mapSizes, type RepDetrConfig } from "./config.ts";
import { project } from "./projection.ts";

/** What queries look at, the same for all layers. */
export interface Scene {
  /** [B, N, T, C], all maps of an image one after the other. */
  features: tf.Tensor;
  /** [B, N, 4, 4] to (u·d, v·d, d, 1). */
  imageFromLidar: tf.Tensor;
  /** [B, n, 3] in units of pcRange. */
  referencePoints: tf.Tensor;
}

/** Queries and their positions [B, n, C] → what they saw, [B, n, C]. */
export type Aggregation = Module<
  [tf.Tensor, tf.Tensor, Scene, Pass],
  tf.Tensor
>;

const XAVIER = { init: { kind: "xavier-uniform" } } as const;
const ZERO = { kind: "constant", value: 0 } as const;

/** Where learned places start around the reference point, metres. */
const REACH = 2;

/** Builds the aggregation; no residual inside. */
export function aggregation(config: RepDetrConfig, name: string): Aggregation {
  const { embedDims: C, points: P } = config;
  const weigh = weigher(config, name);
  const output = linear(`${name}.output_proj`, C, C, {
    ...XAVIER,
    biasInit: ZERO,
  });
  const reach = linear(`${name}.learnable_fc`, C, 3 * P, {
    ...XAVIER,
    biasInit: { kind: "uniform", low: -REACH, high: REACH },
  });
  return {
    params: mergeParams(weigh, output, reach),
    forward(params, queries, position, scene, pass) {
      const [B, n] = queries.shape as [number, number];
      const N = scene.imageFromLidar.shape[1]!;
      const offsets = tf.reshape(reach.forward(params, queries), [B, n, P, 3]);
      const { minimum, extent } = rangeOf(config.pcRange);
      const metres = tf.add(tf.mul(scene.referencePoints, extent), minimum);
      const around = tf.add(tf.expandDims(metres, 2), offsets);
      const places = project(
        tf.reshape(around, [B, n * P, 3]),
        scene.imageFromLidar,
        config,
      );
      const asked = tf.add(queries, position);
      const seen = deformableSum({
        features: scene.features,
        sizes: mapSizes(config),
        places: tf.reshape(places, [B, n, P, N, 2]),
        weights: weigh.forward(params, asked, scene.imageFromLidar),
      });
      return dropout(output.forward(params, seen), config.dropout, pass);
    },
  };
}

/**
 * Weights [B, n, G, N, L, P] of queries [B, n, C], which sum to 1 over
 * cameras, maps and places.
 */
function weigher(
  { embedDims: C, groups: G, strides, points: P }: RepDetrConfig,
  name: string,
): Module<[tf.Tensor, tf.Tensor], tf.Tensor> {
  const L = strides.length;
  const score = linear(`${name}.weights_fc`, C, G * L * P, {
    init: ZERO,
    biasInit: ZERO,
  });
  const camera = cameraCode(`${name}.cam_embed`, C);
  return {
    params: mergeParams(score, camera),
    forward(params, queries, imageFromLidar) {
      const [B, n] = queries.shape as [number, number];
      const N = imageFromLidar.shape[1]!;
      // Scores are linear in the sum of query and camera: each has its own.
      const weight = take<tf.Tensor2D>(params, `${name}.weights_fc.weight`);
      const byCamera = affine(camera.forward(params, imageFromLidar), weight);
      const scores = tf.add(
        tf.expandDims(score.forward(params, queries), 2),
        tf.expandDims(byCamera, 1),
      );
      const byGroup = tf.transpose(
        tf.reshape(scores, [B * n, N * L * P, G]),
        [0, 2, 1],
      );
      return tf.reshape(tf.softmax(byGroup), [B, n, G, N, L, P]);
    },
  };
}

/** Projections [B, N, 4, 4] as codes [B, N, C]. */
function cameraCode(
  name: string,
  width: number,
): Module<[tf.Tensor], tf.Tensor> {
  const first = linear(`${name}.0`, 12, width / 2, XAVIER);
  const second = linear(`${name}.2`, width / 2, width, XAVIER);
  const norm = layerNorm(`${name}.4`, width);
  return {
    params: mergeParams(first, second, norm),
    forward(params: Params, matrices) {
      const [B, N] = matrices.shape as [number, number];
      const rows = tf.slice(matrices, [0, 0, 0, 0], [B, N, 3, 4]);
      const flat = tf.reshape(rows, [B, N, 12]);
      const hidden = tf.relu(first.forward(params, flat));
      const code = tf.relu(second.forward(params, hidden));
      return norm.forward(params, code);
    },
  };
}
