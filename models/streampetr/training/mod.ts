/**
 * Training of StreamPETR: the step, its inputs, and the host's part of it.
 * Start at step.ts.
 * @module
 */
export {
  type AuxiliaryConfig,
  type AuxiliaryHead,
  type AuxiliaryPredictions,
  buildAuxiliary,
  type FocalStepConfig,
  type YoloxStepConfig,
} from "./auxiliary.ts";
export type { GroundTruth } from "./codes.ts";
export type { Denoising, DenoisingConfig } from "./denoise.ts";
export { differentiate, type Differentiated } from "./differentiate.ts";
export type { GridMaskRandom } from "./gridmask.ts";
export * from "./host.ts";
export * from "./shares.ts";
export { termNames } from "./names.ts";
export type { Objective } from "./objective.ts";
export * from "./spec.ts";
export {
  type Forward,
  type StepParts,
  type TrainableDetector,
  type TrainStep,
  trainStep,
} from "./step.ts";
