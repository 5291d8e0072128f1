/**
 * A dataset to walk through: scenes, samples, sensor readings, boxes in any
 * frame, LiDAR points, and both in a camera's image.
 *
 * Frames are named by what they belong to: `global` (metres from the map's
 * origin, z up), `ego` (x ahead, y left, z up, middle of the rear axle) and
 * `sensor` (cameras: x right, y down, z along the optical axis; LIDAR_TOP:
 * x right, y ahead, z up). Poses read right to left: `globalFromEgo` takes a
 * point of the ego frame to the global one. Metres, radians, microseconds and
 * pixels; quaternions are w, x, y, z, everything is float64.
 * @module
 */
export {
  type AnnotatedBox,
  boxesAt,
  boxesOf,
  type FrameName,
  toFrame,
} from "./boxes.ts";
export { type PointCloud, readPointCloud } from "./cloud.ts";
export {
  type BoxVisibility,
  type ImagePoints,
  isInImage,
  pointsInImage,
  type PointsOptions,
  projectBox,
  type ProjectedBox,
} from "./project.ts";
export {
  type Placement,
  readingBefore,
  readingByToken,
  readingOf,
  readingsOf,
  type SensorReading,
} from "./readings.ts";
export {
  sampleOf,
  type SampleView,
  type SceneView,
  walkScenes,
} from "./walk.ts";
