/**
 * nuScenes tracking metrics, equal to the devkit's.
 *
 * Seven classes. A track's score is the mean of its boxes' scores; gaps in
 * tracks and ground truth are filled. At each of 40 score thresholds, chosen
 * for recalls 0.1 to 1, boxes within 2 m (centres, xy plane) are matched,
 * tracks keeping their objects. AMOTA is the mean of MOTAR over thresholds
 * (0 if not reached), AMOTP that of the matches' distance (2 m if not); all
 * other numbers are taken where MOTA is highest.
 * @module
 */
export {
  THRESHOLD_METRICS,
  type ThresholdMetric,
  TRACKING_CONFIG,
  TRACKING_METRICS,
  type TrackingConfig,
  type TrackingMetric,
} from "./config.ts";
export { type TrackingCurves, trackingCurveTable } from "./curves.ts";
export {
  evaluateTracking,
  type TrackingEvaluation,
  type TrackingMetrics,
  type TrackingOptions,
} from "./evaluate.ts";
export { trackingTables } from "./table.ts";
