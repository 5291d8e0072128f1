/**
 * What goes into a training step: every name, shape and type, none of which
 * depends on the frame.
 *
 * Symbols as in types.ts; n = Q + P matching queries, D = groups · bucket
 * denoising rows, I = B·N images, T = h·w tokens of one image.
 * @module
 */
import type { HeadConfig } from "../config.ts";
import { GEOMETRY } from "../inference.ts";
import { memoryShapes } from "../memory.ts";
import { auxiliaryCells, type AuxiliaryConfig } from "./auxiliary.ts";
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
  focal: AuxiliaryConfig | null;
  /** Probability of a grid mask; 0 leaves the input out. */
  gridMask: number;
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
    ...head.memory > 0 && {
      currentFromPrevious: floats(B, 4, 4),
      deltaSeconds: floats(B),
      prevExists: floats(B),
    },
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
    ...focal && auxiliarySpecs(config, focal),
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

/** Targets of the 2D head's I·T cells, with their divisors. */
function auxiliarySpecs(
  { batch, cameras }: StepConfig,
  config: AuxiliaryConfig,
): TensorSpecs {
  const cells = [batch * cameras, auxiliaryCells(config)];
  const shared = {
    "focal.labels": integers(...cells),
    "focal.boxes": floats(...cells, 4),
    "focal.centers": floats(...cells, 2),
    "focal.weights": floats(...cells),
  };
  if (config.kind === "yolox") {
    return {
      ...shared,
      "focal.overlaps": floats(...cells),
      "focal.codes": floats(...cells, 4),
      "focal.norm": floats(),
    };
  }
  return {
    ...shared,
    "focal.heatmap": floats(...cells),
    "focal.classNorm": floats(),
    "focal.overlapNorm": floats(),
    "focal.boxNorm": floats(),
  };
}
