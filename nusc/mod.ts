/**
 * The nuScenes kit: tables, frames, metrics, results.
 *
 * ```ts
 * const dataset = openDataset("data/nuscenes", "v1.0-mini");
 * const { summary } = evaluateDetection(dataset, "results_nusc.json", {
 *   split: "mini_val",
 * });
 * ```
 * `nusc/loader`, `nusc/render` and `nusc/world` have doors of their own.
 * @module
 */
export { defaultAttribute } from "./attributes.ts";
export {
  type Attribute,
  ATTRIBUTES,
  CLASS_RANGE,
  DETECTION_NAMES,
  DETECTION_OF_CATEGORY,
  TRACKING_NAMES,
  type TrackingName,
} from "./categories.ts";
export { DatasetError, ResultsError } from "./errors.ts";
export {
  type CurveTable,
  type FilterCounts,
  type MetricTable,
  type Selection,
  writeCurves,
  writeMetrics,
} from "./eval/common/mod.ts";
export {
  evaluateTracking,
  THRESHOLD_METRICS,
  type ThresholdMetric,
  TRACKING_CONFIG,
  TRACKING_METRICS,
  type TrackingConfig,
  type TrackingCurves,
  trackingCurveTable,
  type TrackingEvaluation,
  type TrackingMetric,
  type TrackingMetrics,
  type TrackingOptions,
  trackingTables,
} from "./eval/tracking/mod.ts";
export {
  type Curves,
  type DetectionConfig,
  detectionCurves,
  type DetectionEvaluation,
  type DetectionMetrics,
  type DetectionOptions,
  detectionTables,
  type ErrorName,
  ERRORS,
  evaluateDetection,
} from "./eval/detection/mod.ts";
export {
  type Box,
  compose,
  cornersOf,
  invert,
  type Matrix3,
  type Pose,
  poseFrom,
  type Quaternion,
  transform,
  type Vector3,
} from "./geometry/mod.ts";
export {
  type Camera,
  type CameraInfo,
  CAMERAS,
  checkFiles,
  checkImages,
  CLASSES_3D,
  createFrames,
  type CreateOptions,
  type DetectionName,
  type FrameInfo,
  LABELS_2D,
  type Omissible,
  readAllFrames,
  readFrames,
  type SweepInfo,
  writeFrames,
} from "./infos/mod.ts";
export {
  type AnnotatedBox,
  boxesAt,
  boxesOf,
  type BoxVisibility,
  type FrameName,
  type ImagePoints,
  isInImage,
  type Placement,
  type PointCloud,
  pointsInImage,
  type PointsOptions,
  projectBox,
  type ProjectedBox,
  readingBefore,
  readingByToken,
  readingOf,
  readingsOf,
  readPointCloud,
  sampleOf,
  type SampleView,
  type SceneView,
  type SensorReading,
  toFrame,
  walkScenes,
} from "./reading/mod.ts";
export {
  CAMERA_ONLY,
  type DetectionRecord,
  type FrameBoxes,
  frameDetections,
  type FramePose,
  globalFromLidar,
  type ResultsMeta,
  type SampleBox,
  type SampleBoxes,
  writeResults,
} from "./results/mod.ts";
export {
  customSplits,
  isSplit,
  scenesOfSplit,
  type Split,
  SPLITS,
  versionOfSplit,
} from "./splits/mod.ts";
export {
  type ResolvedSplit,
  resolveSplit,
  type SceneSource,
} from "./splits/resolve.ts";
export { TokenIndex, type Words } from "./json/mod.ts";
export {
  type Annotations,
  boxVelocity,
  type Calibration,
  Dataset,
  type EgoPoses,
  type Groups,
  openDataset,
  type Rows,
  type Sample,
  type Scene,
  type SensorData,
  type Target,
} from "./tables/mod.ts";
export {
  type Detection,
  type Matching,
  MATCHINGS,
  Tracker,
  type TrackerOptions,
  type TrackingRecord,
  type TrackOptions,
  trackResults,
} from "./tracker/mod.ts";
