/**
 * One training iteration as pure functions of tensors, for an engine that
 * records them once and cuts the graph where the host matches:
 *
 * 1. `prepareStep` draws denoising queries and the grid mask (host).
 * 2. `forward`: frame, memory and draws → predictions and the next memory.
 * 3. `matchStep`, `completeTargets`: predictions → targets (host).
 * 4. `losses`: targets → the sum to differentiate and its terms.
 *
 * {@linkcode differentiate} is 2 and 4 with the gradients in one go: what it
 * takes as `targets` are the late inputs of the cut.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  INFERENCE,
  type Params,
  type ParamSpecs,
  type Pass,
  type Tensors,
} from "../../module.ts";
import { mergeParams } from "../../nn/mod.ts";
import type { Detector } from "../detector.ts";
import type {
  DenoisingInputs,
  FrameInputs,
  Memory,
  Predictions,
} from "../types.ts";
import {
  type AuxiliaryHead,
  auxiliaryObjective,
  auxiliaryOutputs,
  type AuxiliaryPredictions,
  lookAt,
  tokensOf,
} from "./auxiliary.ts";
import { LOSS_WEIGHTS, type LossTargets } from "./loss.ts";
import { denoisingMask } from "./mask.ts";
import { headObjective, type Objective } from "./objective.ts";
import { denoisingRows, type StepConfig } from "./spec.ts";

/** A detector whose head may attend to some of the tokens only. */
export interface TrainableDetector extends Omit<Detector, "detect"> {
  /** As {@linkcode Detector.detect}, with the tokens as one more input. */
  detect(
    ...inputs: [
      ...Parameters<Detector["detect"]>,
      /** [B, k] indices of tokens, null for all. */
      tokens?: tf.Tensor2D | null,
    ]
  ): ReturnType<Detector["detect"]>;
}

/** Networks of a step. */
export interface StepParts {
  /** Backbone, neck and 3D head. */
  detector: TrainableDetector;
  /** Present exactly if the config has a 2D head. */
  focal: AuxiliaryHead | null;
}

/** What the first half leaves. */
export interface Forward {
  /**
   * For the host: `classScores` [L, B, n, classes], `boxCodes` [L, B, n, 10]
   * and what matching needs of the 2D head as `focal.*`. For the next step: `memory.*`, named as its inputs; `updates.<parameter>` where the
   * pass collects new running statistics.
   */
  outputs: Tensors;
  /** Of all layers, denoising rows first. */
  predictions: Predictions;
  /** Of the 2D head, if there is one. */
  focal: AuxiliaryPredictions | null;
}

/** One iteration. */
export interface TrainStep {
  /** What it was made of. */
  readonly config: StepConfig;
  /** Of detector and 2D head. */
  readonly params: ParamSpecs;
  /**
   * The first half.
   * @param inputs as `inputSpecs` names them.
   */
  forward(params: Params, inputs: Tensors, pass: Pass): Forward;
  /**
   * The second half.
   * @param targets as `targetSpecs` names them.
   */
  losses(forward: Forward, targets: Tensors): Objective;
  /**
   * An earlier frame of a clip, which only fills the memory: as in inference,
   * without 2D head, denoising or grid mask.
   * @param inputs frame and memory, as `inputSpecs` names them.
   * @returns `memory.*` for the next frame.
   */
  glance(params: Params, inputs: Tensors): Tensors;
  /** The same step with so many denoising rows a group; equal results. */
  withBucket(bucket: number): TrainStep;
}

/** Composes the step of a detector. */
export function trainStep(config: StepConfig, parts: StepParts): TrainStep {
  const { detector, focal } = parts;
  if ((config.focal === null) !== (focal === null)) {
    throw new TypeError(
      "Cannot train: 2D head and its config must go together",
    );
  }
  const choosy = config.focal !== null && config.focal.kind !== "yolox" &&
    config.focal.trainRatio < 1;
  if (choosy && detector.detect.length < 7) {
    throw new TypeError(
      "Cannot train on a share of the tokens: the head takes all of them",
    );
  }
  return {
    config,
    params: focal ? mergeParams(detector, focal) : detector.params,
    forward: (params, inputs, pass) =>
      forward(config, parts, params, inputs, pass),
    losses: (forward, targets) => losses(config, forward, targets),
    glance: (params, inputs) => glance(detector, params, inputs),
    withBucket(bucket) {
      const { denoising } = config;
      if (denoising === null) throw new TypeError("Nothing is denoised");
      return trainStep(
        { ...config, denoising: { ...denoising, bucket } },
        parts,
      );
    },
  };
}

function glance(
  detector: TrainableDetector,
  params: Params,
  inputs: Tensors,
): Tensors {
  const frame = inputs as unknown as FrameInputs;
  const seen = group(inputs, "memory.") as unknown as Memory;
  const features = detector.features(params, frame, INFERENCE);
  const { memory } = detector
    .detect(params, features, frame, seen, null, INFERENCE);
  return prefixed("memory.", memory as unknown as Tensors);
}

function forward(
  config: StepConfig,
  { detector, focal }: StepParts,
  params: Params,
  inputs: Tensors,
  pass: Pass,
): Forward {
  const frame = frameOf(inputs);
  const features = detector.features(params, frame, pass);
  const seen = focal && lookAt(config.focal!, focal, params, features, pass);
  const { predictions, memory } = detector.detect(
    params,
    features,
    frame,
    group(inputs, "memory.") as unknown as Memory,
    denoisingOf(config, inputs),
    pass,
    seen && tokensOf(config.focal!, seen, config.batch, config.cameras),
  );
  const hidden = denoisingRows(config);
  const outputs: Tensors = {
    classScores: rows(predictions.classScores, hidden),
    boxCodes: rows(predictions.boxCodes, hidden),
    ...prefixed("memory.", memory as unknown as Tensors),
    ...seen && prefixed("focal.", auxiliaryOutputs(config.focal!, seen)),
    ...prefixed("updates.", Object.fromEntries(pass.updates ?? [])),
  };
  return { outputs, predictions, focal: seen };
}

function losses(
  config: StepConfig,
  { predictions, focal }: Forward,
  targets: Tensors,
): Objective {
  const hidden = denoisingRows(config);
  const part = (from: number, to?: number) => ({
    classScores: rows(predictions.classScores, from, to),
    boxCodes: rows(predictions.boxCodes, from, to),
  });
  const own = headObjective(
    part(hidden),
    group(targets, "matched.") as unknown as LossTargets,
    config.denoising && {
      inputs: part(0, hidden),
      targets: group(targets, "denoising.") as unknown as LossTargets,
      present: targets["denoising.present"] as tf.Scalar,
    },
    { ...LOSS_WEIGHTS, codes: config.head.codeWeights },
  );
  if (focal === null) return own;
  const seen = auxiliaryObjective(
    config.focal!,
    focal,
    group(targets, "focal."),
  );
  return {
    total: tf.add(own.total, seen.total) as tf.Scalar,
    terms: { ...own.terms, ...seen.terms },
  };
}

/** The frame, its images behind the grid mask if there is one. */
function frameOf(inputs: Tensors): FrameInputs {
  const frame = inputs as unknown as FrameInputs;
  const { gridMask } = inputs;
  if (gridMask === undefined) return frame;
  return {
    ...frame,
    images: tf.mul(frame.images, tf.expandDims(gridMask, -1)),
  };
}

function denoisingOf(
  { denoising, head }: StepConfig,
  inputs: Tensors,
): DenoisingInputs | null {
  if (denoising === null) return null;
  const { queries, propagated, memory } = head;
  const { groups, bucket } = denoising;
  return {
    referencePoints: inputs["denoising.referencePoints"]!,
    mask: denoisingMask(
      { groups, bucket, queries, propagated, memory },
      inputs["denoising.padding"] as tf.Tensor1D,
    ),
  };
}

/** Queries [from, to) of [L, B, n, c]. */
function rows(x: tf.Tensor, from: number, to = x.shape[2]!): tf.Tensor {
  const [L, B, , c] = x.shape as [number, number, number, number];
  return tf.slice(x, [0, 0, from, 0], [L, B, to - from, c]);
}

/** Entries whose names have a prefix, without it. */
function group(tensors: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => [`${prefix}${name}`, x]),
  );
}
