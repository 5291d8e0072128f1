/**
 * Mistakes that a re-implementation of the original makes, each as a change
 * of what goes into the detector that has the same effect as the mistake.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Tensors } from "../../models/module.ts";
import type { HeadConfig } from "../../models/streampetr/config.ts";
import type { HeadOutputs } from "../../models/streampetr/head.ts";
import { bestQueries } from "../../models/streampetr/memory.ts";
import type { FrameInputs, Memory } from "../../models/streampetr/types.ts";
import { inverseAffine } from "../../nusc/loader/mod.ts";
import { SMALL } from "../support/detector.ts";

/** A mistake. */
export interface Mutation {
  name: string;
  /** The first frame at which it must be seen. */
  shows: 0 | 1 | 2;
  config?(k: number): HeadConfig;
  params?(params: Params): Params;
  frame?(frame: FrameInputs): FrameInputs;
  features?(features: tf.Tensor): tf.Tensor;
  /** What frame k ≥ 1 gets, of what the frame before gave. */
  memory?(memory: Memory, frame: FrameInputs, last: HeadOutputs): Memory;
}

const HEAD = "pts_bbox_head";

/** Parameters whose names match, changed. */
function change(
  params: Params,
  pattern: RegExp,
  turn: (x: tf.Tensor) => tf.Tensor,
): Tensors {
  return Object.fromEntries(
    Object.entries(params)
      .map(([name, x]) => [name, pattern.test(name) ? turn(x) : x]),
  );
}

/** Columns (second axis) of matching weights in another order. */
function reorder(pattern: RegExp, columns: readonly number[]) {
  return (params: Params) => {
    const order = tf.tensor1d([...columns], "int32");
    return change(params, pattern, (x) => tf.gather(x, order, 1));
  };
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/**
 * eps of every layer norm becomes 1e-6: a norm with eps of k times x is the
 * norm with eps / k² of x, so what enters norms grows by k = √10 and what
 * leaves the stream of the decoder shrinks by it.
 */
function smallerEps(params: Params): Params {
  const k = Math.sqrt(10);
  const rows = [...Array(256).fill(1 / k), ...Array(512).fill(1)];
  const factors: [RegExp, number | tf.Tensor][] = [
    [/(memory_embed|query_embedding)\.2\./, k],
    [/time_embedding\.[01]\./, k],
    [/ego_pose_(pe|memory)\.(gamma|beta)\./, k],
    [/cls_branches\.0\.[03]\./, k],
    [/decoder\.layers\.\d\.norms\./, k],
    [/out_proj\.(weight|bias)$/, k],
    [/ffns\.0\.layers\.1\./, k],
    [/ffns\.0\.layers\.0\.0\.weight$/, 1 / k],
    [/attentions\.0\.attn\.in_proj_weight$/, 1 / k],
    [/attentions\.1\.attn\.in_proj_weight$/, tf.tensor2d(rows, [768, 1])],
  ];
  return factors.reduce(
    (all, [pattern, factor]) => change(all, pattern, (x) => tf.mul(x, factor)),
    params,
  );
}

/** The newest rows of the memory are replaced. */
function newest(memory: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const count = rows.shape[1]!;
  const rest = tf.slice(memory, [0, count, 0], [1, -1, -1]);
  return tf.concat([rows, rest], 1);
}

/** Rows [1, K, c] of the best queries in [1, n, c]. */
function best(last: HeadOutputs, x: tf.Tensor): tf.Tensor {
  const { classScores } = last.predictions;
  const logits = layer(classScores, SMALL.layers - 1);
  return tf.gather(x, tf.reshape(bestQueries(SMALL, logits), [-1]), 1);
}

/** [L, 1, n, c] → [1, n, c] */
function layer(x: tf.Tensor, index: number): tf.Tensor {
  return tf.squeeze(tf.slice(x, [index], [1]), [0]);
}

function inverse(matrix: tf.Tensor): tf.Tensor {
  const data = Float64Array.from(matrix.dataSync());
  return tf.tensor([...inverseAffine(data)], matrix.shape);
}

/** [1, 4, 4] times each of [1, R, 4, 4], or the other way round. */
function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const wide = (x: tf.Tensor, other: tf.Tensor) =>
    x.rank === 4 ? x : tf.tile(tf.expandDims(x, 1), [1, other.shape[1]!, 1, 1]);
  return tf.matMul(wide(a, b), wide(b, a));
}

/** (u·d, v·d, d, 1) with u and v moved by so many pixels. */
function shiftPixels(pixels: number) {
  return (frame: FrameInputs): FrameInputs => {
    const move = tf.tensor([
      ...[1, 0, pixels, 0],
      ...[0, 1, pixels, 0],
      ...[0, 0, 1, 0],
      ...[0, 0, 0, 1],
    ], [1, 4, 4]);
    const all = tf.squeeze(frame.lidarFromImage, [0]);
    const moved = tf.matMul(all, tf.tile(move, [all.shape[0]!, 1, 1]));
    return { ...frame, lidarFromImage: tf.expandDims(moved, 0) };
  };
}

/** Columns of a motion code of 15 numbers, sines and cosines by octave. */
function motionColumns(order: readonly number[]): number[] {
  return range(12).flatMap((block) => order.map((i) => block * 15 + i));
}

const MOTION = /ego_pose_(pe|memory)\.reduce\.0\.weight$/;
const QUERY_CODE = new RegExp(`${HEAD}\\.query_embedding\\.0\\.weight$`);

/** Mistakes in how images and points are encoded. */
const ENCODING: Mutation[] = [
  {
    name: "tokens lie on the corners of their cells, not in the middle",
    shows: 0,
    frame: shiftPixels(-8),
  },
  {
    name: "pixels begin half a pixel later",
    shows: 0,
    frame: shiftPixels(0.5),
  },
  {
    name: "the cone's far and near points are swapped",
    shows: 0,
    params: reorder(/spatial_alignment\.reduce\.0\.weight$/, [
      ...[0, 1],
      ...[5, 6, 7],
      ...[2, 3, 4],
    ]),
  },
  {
    name: "depths begin at 0.5 m",
    shows: 0,
    config: () => ({ ...SMALL, depthStart: 0.5 }),
  },
  {
    name: "the rays' points are xyz-major, not depth-major",
    shows: 0,
    params: reorder(
      /position_encoder\.0\.weight$/,
      range(192).map((i) => (i % 3) * 64 + Math.floor(i / 3)),
    ),
  },
  {
    name: "tokens run down columns",
    shows: 0,
    features: (x) =>
      tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4]), x.shape as number[]),
  },
  {
    name: "pos2posemb3d has x before y",
    shows: 0,
    params: reorder(
      QUERY_CODE,
      range(384).map((i) => i < 128 ? i + 128 : i < 256 ? i - 128 : i),
    ),
  },
  {
    name: "pos2posemb3d has all sines before all cosines",
    shows: 0,
    params: reorder(
      QUERY_CODE,
      range(384).map((i) => {
        const [axis, k] = [Math.floor(i / 128), i % 128];
        return axis * 128 + (k % 2) * 64 + Math.floor(k / 2);
      }),
    ),
  },
  {
    name: "the motion code has cosines before sines",
    shows: 0,
    params: reorder(
      MOTION,
      range(180).map((i) => i + (Math.floor(i / 15) % 2 === 0 ? 15 : -15)),
    ),
  },
];

/** Mistakes in the layers. */
const LAYERS: Mutation[] = [
  {
    name: "batch norm has eps 1e-3",
    shows: 0,
    params: (params) =>
      change(params, /running_var$/, (x) => tf.add(x, 1e-3 - 1e-5)),
  },
  { name: "layer norm has eps 1e-6", shows: 0, params: smallerEps },
  {
    name: "queries and keys of attention are swapped",
    shows: 0,
    params: (params) =>
      change(params, /in_proj_(weight|bias)$/, (x) => {
        const [query, key, value] = tf.split(x, 3);
        return tf.concat([key!, query!, value!]);
      }),
  },
  {
    name: "post_norm has no shift",
    shows: 0,
    params: (params) => change(params, /post_norm\.bias$/, tf.zerosLike),
  },
  {
    name: "centres span position_range",
    shows: 0,
    config: () => ({ ...SMALL, pcRange: SMALL.positionRange }),
  },
  {
    name: "a fresh scene has no pseudo reference points",
    shows: 0,
    params: (params) =>
      change(
        params,
        /pseudo_reference_points\.weight$/,
        (x) => tf.add(tf.zerosLike(x), [0.5, 0.5, 0.625]),
      ),
  },
];

/** Mistakes that a first frame cannot show. */
const MEMORY: Mutation[] = [
  {
    name: "the sign of time is turned",
    shows: 1,
    frame: (frame) => ({ ...frame, deltaSeconds: tf.neg(frame.deltaSeconds) }),
  },
  {
    name: "time is not passed on",
    shows: 1,
    frame: (frame) => ({
      ...frame,
      deltaSeconds: tf.zerosLike(frame.deltaSeconds),
    }),
  },
  {
    name: "the motion vector has time before velocity",
    shows: 1,
    params: reorder(
      MOTION,
      motionColumns([2, 0, 1, ...range(12).map((i) => i + 3)]),
    ),
  },
  {
    name: "the motion vector has the pose before velocity and time",
    shows: 0,
    params: reorder(
      MOTION,
      motionColumns([...range(12).map((i) => i + 3), 0, 1, 2]),
    ),
  },
  {
    name: "the ego motion goes backwards",
    shows: 1,
    frame: (frame) => ({
      ...frame,
      currentFromPrevious: inverse(frame.currentFromPrevious),
    }),
  },
  {
    name: "the ego motion stands on the right of poses",
    shows: 2,
    memory: (memory, { currentFromPrevious: move }) => ({
      ...memory,
      egoPose: product(product(inverse(move), memory.egoPose), move),
    }),
  },
  {
    name: "points of the memory do not move",
    shows: 1,
    memory: (memory, { currentFromPrevious: move }) => {
      const back = inverse(move);
      const turned = tf.matMul(
        memory.referencePoint,
        tf.slice(back, [0, 0, 0], [1, 3, 3]),
        false,
        true,
      );
      const shift = tf.reshape(tf.slice(back, [0, 0, 3], [1, 3, 1]), [1, 1, 3]);
      return { ...memory, referencePoint: tf.add(turned, shift) };
    },
  },
  {
    name: "velocity is read one code too early",
    shows: 1,
    memory: (memory, _, last) => {
      const codes = layer(last.predictions.boxCodes, SMALL.layers - 1);
      const early = tf.slice(codes, [0, 0, 7], [1, -1, 2]);
      return {
        ...memory,
        velocity: newest(memory.velocity, best(last, early)),
      };
    },
  },
  {
    name: "velocity comes from the first layer",
    shows: 1,
    memory: (memory, _, last) => {
      const codes = layer(last.predictions.boxCodes, 0);
      const first = tf.slice(codes, [0, 0, 8], [1, -1, 2]);
      return {
        ...memory,
        velocity: newest(memory.velocity, best(last, first)),
      };
    },
  },
  {
    name: "the memory keeps what comes before post_norm",
    shows: 1,
    memory: (memory, _, last) => {
      const raw = last.debug[`layer${SMALL.layers - 1}`]!;
      return {
        ...memory,
        embedding: newest(memory.embedding, best(last, raw)),
      };
    },
  },
  {
    name: "the memory is never cut",
    shows: 1,
    config: (k) => ({ ...SMALL, memory: SMALL.memory + k * SMALL.topk }),
  },
  {
    name: "the oldest rows of the memory come first",
    shows: 1,
    memory: (memory) =>
      Object.fromEntries(
        Object.entries(memory)
          .map(([field, x]) => [
            field,
            tf.reverse(tf.slice(x, [0, 0], [1, SMALL.memory]), 1),
          ]),
      ) as unknown as Memory,
    config: () => SMALL,
  },
  {
    name: "the first frame is not a new scene",
    shows: 0,
    frame: (frame) => ({ ...frame, prevExists: tf.onesLike(frame.prevExists) }),
  },
  {
    name: "every frame is a new scene",
    shows: 1,
    frame: (frame) => ({
      ...frame,
      prevExists: tf.zerosLike(frame.prevExists),
    }),
  },
];

/** All mistakes that inputs can express. */
export const MUTATIONS: readonly Mutation[] = [
  ...ENCODING,
  ...LAYERS,
  ...MEMORY,
];
