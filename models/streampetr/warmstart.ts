/**
 * Geometric warm start: before any image is seen, cross-attention learns to
 * look at the tokens onto which a query's 3D point projects. Calibrations are
 * all it needs. A detector trained from scratch otherwise takes very long to
 * find this out.
 *
 * Not in the reference; measured in the project's study of small recipes.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, ParamSpecs } from "../module.ts";
import { affine, take } from "../nn/mod.ts";
import { type HeadConfig, rangeOf } from "./config.ts";
import { tokenEncoder } from "./position.ts";
import { queryMaker } from "./queries.ts";
import type { FrameInputs } from "./types.ts";

/** Tokens by which attention of each head may miss; 0 leaves it free. */
const SPREAD = [0.6, 0.6, 1, 1, 2, 4, 0, 0];

/** Spreads of the heads, in tokens. */
function spreads(heads: number): number[] {
  return heads === 8
    ? SPREAD
    : Array.from({ length: heads }, (_, i) => SPREAD[i * 8 / heads | 0]!);
}

/** 3D points of one step, with where they project. */
export interface WarmStartPoints {
  /** [n, 3] in units of pcRange. */
  points: Float32Array;
  /** [n, T] squared distance to each token centre, in tokens. */
  distances: Float32Array;
  /** [n] 1 where some camera sees the point, else 0. */
  visible: Float32Array;
}

/**
 * Draws points near the ground, 60 % of them pulled towards the ego, and
 * projects them into every camera.
 * @param imageFromLidar N matrices [4][4]: (u·d, v·d, d, 1) from metres.
 */
export function drawPoints(
  config: HeadConfig,
  imageFromLidar: readonly Float64Array[],
  count: number,
  random: () => number,
): WarmStartPoints {
  const { minimum, extent } = rangeOf(config.pcRange);
  const h = config.imageHeight / config.stride;
  const w = config.imageWidth / config.stride;
  const T = imageFromLidar.length * h * w;
  const out = {
    points: new Float32Array(count * 3),
    distances: new Float32Array(count * T).fill(1e4),
    visible: new Float32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const pull = random() < 0.6 ? random() : 1;
    const point = [
      (minimum[0]! + extent[0]! * random()) * pull,
      (minimum[1]! + extent[1]! * random()) * pull,
      random() < 0.7 ? -1.9 + 2 * random() : -4 + 6 * random(),
    ];
    point.forEach((value, axis) => {
      out.points[3 * i + axis] = (value - minimum[axis]!) / extent[axis]!;
    });
    const row = out.distances.subarray(i * T, (i + 1) * T);
    const nearest = project(config, imageFromLidar, point, row);
    out.visible[i] = nearest < 1 ? 1 : 0;
  }
  return out;
}

/** Fills a row of token distances; returns the smallest. */
function project(
  { stride, imageHeight, imageWidth }: HeadConfig,
  cameras: readonly Float64Array[],
  [x, y, z]: number[],
  row: Float32Array,
): number {
  const [h, w] = [imageHeight / stride, imageWidth / stride];
  let nearest = Infinity;
  cameras.forEach((m, n) => {
    const at = (i: number) =>
      m[4 * i]! * x! + m[4 * i + 1]! * y! + m[4 * i + 2]! * z! + m[4 * i + 3]!;
    const depth = at(2);
    if (depth <= 0.3) return;
    const u = at(0) / depth / stride;
    const v = at(1) / depth / stride;
    for (let r = 0; r < h; r++) {
      for (let c = 0; c < w; c++) {
        const d2 = (u - c - 0.5) ** 2 + (v - r - 0.5) ** 2;
        row[n * h * w + r * w + c] = Math.min(d2, 1e4);
        nearest = Math.min(nearest, d2);
      }
    }
  });
  return nearest;
}

/** Tensors of one step. */
export interface WarmStartInputs {
  /** As of a frame; images and memory fields are not read. */
  frame: FrameInputs;
  /** [n, 3] */
  points: tf.Tensor;
  /** [n, T] */
  distances: tf.Tensor;
  /** [n] */
  visible: tf.Tensor;
  /** [1, N, h, w, C] standard normal numbers in place of embedded features. */
  features: tf.Tensor;
  /** [1, n, C] standard normal numbers in place of query content. */
  content: tf.Tensor;
}

/** Parameters that the warm start trains. */
export function warmStartNames(
  config: HeadConfig,
  specs: ParamSpecs,
): string[] {
  const parts = ["position_encoder", "query_embedding", "featurized_pe"]
    .map((part) => `${config.name}.${part}.`);
  return Object.keys(specs).filter((name) =>
    parts.some((part) => name.startsWith(part)) ||
    /\.attentions\.1\.attn\.in_proj_(weight|bias)$/.test(name)
  );
}

/**
 * Share of a parameter's rows (first axis) that training may change after
 * the warm start: position encoders stay as they are, and so do the query and
 * key projections of cross-attention.
 * @returns A factor per row, or null where nothing is frozen.
 */
export function frozenRows(
  config: HeadConfig,
  name: string,
  rows: number,
): number[] | null {
  const whole = ["position_encoder", "query_embedding", "featurized_pe"];
  if (whole.some((part) => name.startsWith(`${config.name}.${part}.`))) {
    return Array(rows).fill(0);
  }
  if (/\.attentions\.1\.attn\.in_proj_(weight|bias)$/.test(name)) {
    return Array.from({ length: rows }, (_, i) => i < 2 * rows / 3 ? 0 : 1);
  }
  return null;
}

/** Keys of cross-attention [1, T, C] for noise in place of images. */
function noiseKeys(
  config: HeadConfig,
  params: Params,
  { features, frame }: WarmStartInputs,
): tf.Tensor {
  const [B, N, h, w, C] = features.shape as number[];
  // Noise stands in for embedded features: through the embedding it would
  // no longer be the same in all directions.
  const noise = tf.reshape(features, [B!, N! * h! * w!, C!]);
  const size = { h: h!, w: w! };
  const tokens = tokenEncoder(config).place(params, noise, frame, size);
  return tf.add(tokens.memory, tokens.position);
}

/** Logarithms of a layer's attention [heads, n, T]. */
function logAttention(
  { name, embedDims: C, heads }: HeadConfig,
  params: Params,
  layer: number,
  queries: tf.Tensor,
  keys: tf.Tensor,
): tf.Tensor {
  const projection =
    `${name}.transformer.decoder.layers.${layer}.attentions.1.attn.in_proj`;
  const project = (x: tf.Tensor, part: number) => {
    const weight = take<tf.Tensor2D>(params, `${projection}_weight`);
    const bias = take(params, `${projection}_bias`);
    const y = affine(
      x,
      tf.slice(weight, [part * C, 0], [C, C]),
      tf.slice(bias, [part * C], [C]),
    );
    const split = tf.reshape(y, [x.shape[1]!, heads, C / heads]);
    return tf.transpose(split, [1, 0, 2]);
  };
  const scores = tf.matMul(project(queries, 0), project(keys, 1), false, true);
  return tf.logSoftmax(tf.mul(scores, Math.sqrt(heads / C)));
}

/** Cross entropy of attention against where the points project; scalar. */
export function warmStartLoss(
  config: HeadConfig,
  params: Params,
  inputs: WarmStartInputs,
): tf.Scalar {
  const { points, distances, visible, content } = inputs;
  const keys = noiseKeys(config, params, inputs);
  const position = queryMaker(config)
    .locate(params, tf.expandDims(points, 0));
  const queries = tf.add(content, position);
  const wanted = spreads(config.heads).map((spread) =>
    spread === 0 ? null : tf.softmax(
      tf.mul(distances, -1 / (2 * spread * spread)) as tf.Tensor2D,
    )
  );
  const losses: tf.Tensor[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const found = logAttention(config, params, layer, queries, keys);
    tf.unstack(found).forEach((shares, head) => {
      const target = wanted[head];
      if (!target) return;
      losses.push(tf.neg(tf.sum(tf.mul(target, shares), -1)));
    });
  }
  const seen = tf.sum(tf.mul(tf.addN(losses), visible));
  const mean = tf.div(seen, tf.maximum(tf.sum(visible), 1));
  return tf.div(mean, losses.length) as tf.Scalar;
}
