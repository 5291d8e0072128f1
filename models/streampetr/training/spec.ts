/**
 * What goes into a training step: every name, shape and type, none of which
 * depends on the frame.
 *
 * Symbols as in types.ts; n = Q + P matching queries, D = groups · bucket
 * denoising rows, I = B·N images, T = h·w tokens of one image.
 * @module
 */
import type { FocalConfig } from "../focal/head.ts";
import type { HeadConfig } from "../config.ts";
import { GEOMETRY } from "../inference.ts";
import { memoryShapes } from "../memory.ts";
import { CODE_SIZE } from "./codes.ts";
import type { DenoisingConfig } from "./denoise.ts";

/** Settings of a training step. */
export interface StepConfig {
  /** B, streams. */
  batch: number;
  /** N, cameras of a stream. */
  cameras: number;
  /** Sizes of the 3D head, and of the images. */
  head: HeadConfig;
  /** null: no denoising queries. */
  denoising: DenoisingConfig | null;
  /** null: no 2D head. */
  focal: FocalStepConfig | null;
  /** Probability of a grid mask; 0 leaves the input out. */
  gridMask: number;
}

/** Settings of the 2D head in a step. */
export interface FocalStepConfig extends FocalConfig {
  /** Share of the tokens that the 3D head attends to. */
  trainRatio: number;
}

/** Shape and type of a tensor that is to come. */
export interface TensorSpec {
  /** Without free axes. */
  shape: number[];
  /** Type of its numbers. */
  dtype: "float32" | "int32";
}

/** Specs by name. */
export type TensorSpecs = Record<string, TensorSpec>;

function floats(...shape: number[]): TensorSpec {
  return { shape, dtype: "float32" };
}

function integers(...shape: number[]): TensorSpec {
  return { shape, dtype: "int32" };
}

/** D, denoising rows of a step. */
export function denoisingRows(config: StepConfig): number {
  const { denoising } = config;
  return denoising === null ? 0 : denoising.groups * denoising.bucket;
}

/**
 * Inputs that are known before the step: a frame as in FrameInputs, the
 * memory as `memory.*`, and what `prepareStep` draws.
 */
export function inputSpecs(config: StepConfig): TensorSpecs {
  const { batch: B, cameras: N, head } = config;
  const { imageHeight: H, imageWidth: W } = head;
  const specs: TensorSpecs = {
    images: floats(B * N, H, W, 3),
    focal: floats(B, N, 2),
    currentFromPrevious: floats(B, 4, 4),
    deltaSeconds: floats(B),
    prevExists: floats(B),
  };
  for (const name of GEOMETRY[head.geometry ?? "rays"]) {
    specs[name] = floats(B, N, 4, 4);
  }
  for (const [name, shape] of Object.entries(memoryShapes(head, B))) {
    specs[`memory.${name}`] = floats(...shape);
  }
  if (config.denoising !== null) {
    specs["denoising.referencePoints"] = floats(B, denoisingRows(config), 3);
    specs["denoising.padding"] = floats(denoisingRows(config));
  }
  if (config.gridMask > 0) specs.gridMask = floats(H, W);
  return specs;
}

/** Inputs that the host makes of the step's predictions. */
export function targetSpecs(config: StepConfig): TensorSpecs {
  const { batch: B, head, denoising, focal } = config;
  const n = head.queries + head.propagated;
  return {
    ...group("matched", [head.layers, B, n]),
    ...denoising && {
      ...group("denoising", [B, denoisingRows(config)]),
      "denoising.present": floats(),
    },
    ...focal && focalSpecs(config, focal),
  };
}

/** Targets and divisors of the 3D head's losses. */
function group(name: string, shape: number[]): TensorSpecs {
  return {
    [`${name}.labels`]: integers(...shape),
    [`${name}.boxes`]: floats(...shape, CODE_SIZE),
    [`${name}.weights`]: floats(...shape),
    [`${name}.classNorm`]: floats(),
    [`${name}.boxNorm`]: floats(),
  };
}

/** T, tokens of one image. */
export function tokensOf(
  { imageHeight, imageWidth, stride }: FocalStepConfig,
): number {
  return Math.floor(imageHeight / stride) * Math.floor(imageWidth / stride);
}

function focalSpecs(config: StepConfig, focal: FocalStepConfig): TensorSpecs {
  const images = config.batch * config.cameras;
  const tokens = tokensOf(focal);
  return {
    "focal.labels": integers(images, tokens),
    "focal.boxes": floats(images, tokens, 4),
    "focal.centers": floats(images, tokens, 2),
    "focal.weights": floats(images, tokens),
    "focal.heatmap": floats(images, tokens),
    "focal.classNorm": floats(),
    "focal.overlapNorm": floats(),
    "focal.boxNorm": floats(),
  };
}
