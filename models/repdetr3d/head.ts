/**
 * The RepDETR3D head: StreamPETR's queries and memory, which sample the
 * images' maps where they project to, instead of attending to all tokens.
 *
 * Source: SparseHead of StreamPETR (dense_heads/sparse_head.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, ParamSpecs } from "../module.ts";
import { mergeParams } from "../nn/mod.ts";
import { fixed } from "../streampetr/branches.ts";
import { checkHead } from "../streampetr/config.ts";
import { stackLayers } from "../streampetr/finite.ts";
import { type Head, leavings, predictor } from "../streampetr/head.ts";
import { memoryParams, recall, remember } from "../streampetr/memory.ts";
import { motionNorm } from "../streampetr/modulation.ts";
import { queryMaker } from "../streampetr/queries.ts";
import type { FrameInputs } from "../streampetr/types.ts";
import type { RepDetrConfig } from "./config.ts";
import { repDetrDecoder } from "./decoder.ts";

/**
 * Builds the head; features are [B, N, T, C], the cells of all maps of an
 * image one after the other, and frames hold their projections.
 * @throws {RangeError} when the sizes of the config do not fit together.
 */
export function buildRepDetrHead(config: RepDetrConfig): Head {
  checkRepDetr(config);
  const align = alignment(config);
  const queries = queryMaker(config);
  const layers = repDetrDecoder(config);
  const predict = predictor(config);
  return {
    params: mergeParams(
      constants(config),
      predict,
      memoryParams(config),
      queries,
      align,
      layers,
    ),
    forward(params, features, frame, memory, denoising, pass) {
      const seen = recall(config, params, frame, memory);
      const asked = queries.forward(params, seen, denoising);
      const raw = layers.forward(params, {
        queries: asked,
        scene: {
          features: align.forward(params, features, frame),
          imageFromLidar: projectionOf(frame),
          referencePoints: asked.referencePoints,
        },
        mask: denoising?.mask,
      }, pass);
      const outputs = stackLayers(raw, pass);
      const predictions = predict
        .forward(params, outputs, asked.referencePoints);
      return {
        predictions,
        memory: remember(config, seen, leavings(config, predictions, outputs)),
        debug: Object.fromEntries(raw.map((x, i) => [`layer${i}`, x])),
      };
    },
  };
}

/** Numbers of a camera: two focal lengths and three rows of its pose. */
const CAMERA_CODE = 14;

/** Scales and shifts features [B, N, T, C] by what their camera is. */
function alignment(
  { name, embedDims: C }: RepDetrConfig,
): Module<[tf.Tensor, FrameInputs], tf.Tensor> {
  const norm = motionNorm(`${name}.spatial_alignment`, CAMERA_CODE, C, false);
  return {
    params: norm.params,
    forward: (params, features, frame) =>
      norm.forward(params, features, tf.expandDims(cameraCode(frame), 2)),
  };
}

/** [B, N, 14]: fx, fy in 1000 pixels, rows of the camera's pose. */
function cameraCode({ focal, cameraFromLidar }: FrameInputs): tf.Tensor {
  if (!cameraFromLidar) throw missing("cameraFromLidar");
  const [B, N] = focal.shape as [number, number];
  const rows = tf.slice(cameraFromLidar, [0, 0, 0, 0], [B, N, 3, 4]);
  return tf.concat([tf.div(focal, 1000), tf.reshape(rows, [B, N, 12])], -1);
}

function projectionOf({ imageFromLidar }: FrameInputs): tf.Tensor {
  if (!imageFromLidar) throw missing("imageFromLidar");
  return imageFromLidar;
}

function missing(input: string): Error {
  return new Error(`RepDETR3D needs the input "${input}" of every frame`);
}

/** Numbers that the reference keeps in the state dict. */
function constants({ name, codeWeights, pcRange }: RepDetrConfig): ParamSpecs {
  return {
    [`${name}.code_weights`]: fixed(codeWeights),
    [`${name}.match_costs`]: fixed(codeWeights),
    [`${name}.pc_range`]: fixed(pcRange),
  };
}

function checkRepDetr(config: RepDetrConfig): void {
  checkHead(config);
  const { embedDims, groups, strides } = config;
  if (embedDims % groups !== 0) {
    throw new RangeError(
      `Head config: groups is ${groups}, expected a divisor of ${embedDims}`,
    );
  }
  if (strides.length === 0) {
    throw new RangeError("Head config: strides is empty, expected one a map");
  }
}
