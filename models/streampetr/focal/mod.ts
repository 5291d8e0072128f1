/**
 * The 2D head of training: predictions, matching, losses.
 * @module
 */
export {
  buildFocalHead,
  type FocalConfig,
  type FocalHead,
  type FocalPredictions,
} from "./head.ts";
export type { GroundTruth2D } from "./matcher.ts";
