/**
 * nuScenes detection metrics, equal to the devkit's.
 *
 * A prediction matches the nearest free box of its class within 0.5, 1, 2 or
 * 4 m (centres, xy plane), best scores first over the whole split. AP is the
 * mean precision above 10 % over recalls above 10 %; mAP its mean over
 * thresholds and classes. Errors are measured at 2 m as running means over
 * falling confidence, averaged over the recalls reached above 10 %:
 * translation (m), scale (1 - aligned IoU), orientation (rad), velocity
 * (m/s), attribute (1 - accuracy). NDS = (5 mAP + Σ max(0, 1 - error)) / 10.
 * @module
 */
export { type DetectionConfig, type ErrorName, ERRORS } from "./config.ts";
export { type Curves, detectionCurves } from "./curves.ts";
export {
  type DetectionEvaluation,
  type DetectionOptions,
  evaluateDetection,
} from "./evaluate.ts";
export type { DetectionMetrics } from "./metrics.ts";
export { detectionTables } from "./table.ts";
