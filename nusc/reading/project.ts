/**
 * Points and boxes in the image of a camera.
 * Source: nuscenes-devkit, NuScenesExplorer.map_pointcloud_to_image and
 * utils/geometry_utils.py.
 * @module
 */
import { type Box, cornersOf, type Pose, transpose } from "../geometry/mod.ts";
import type { PointCloud } from "./cloud.ts";
import type { SensorReading } from "./readings.ts";

/** Points that a camera sees. */
export interface ImagePoints {
  /** Number of points. */
  count: number;
  /** [count][2] pixels: to the right and down. */
  pixels: Float64Array;
  /** [count] metres along the optical axis. */
  depths: Float64Array;
  /** [count] index of the point in the cloud. */
  index: Int32Array;
}

/** Settings of {@link pointsInImage}. */
export interface PointsOptions {
  /** Points nearer to the image plane are left out; metres, default 1. */
  minDepth?: number;
  /**
   * `float32` rounds after each move as the devkit's arrays do, which loses up
   * to a tenth of a millimetre in maps of kilometres. Default `float64`.
   */
  precision?: "float32" | "float64";
}

/** Pixels at the border of an image where points do not count. */
const BORDER = 1;

/**
 * LiDAR points in a camera's image. Both sensors were read at times of their
 * own while the car moved: points go through the global frame, with the ego
 * pose of each reading.
 */
export function pointsInImage(
  cloud: PointCloud,
  lidar: SensorReading,
  camera: SensorReading,
  { minDepth = 1, precision = "float64" }: PointsOptions = {},
): ImagePoints {
  const { count } = cloud;
  const points = precision === "float32"
    ? new Float32Array(3 * count)
    : new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 3; k++) points[3 * i + k] = cloud.data[5 * i + k]!;
  }
  forward(points, lidar.egoFromSensor);
  forward(points, lidar.globalFromEgo);
  backward(points, camera.globalFromEgo);
  backward(points, camera.egoFromSensor);
  const { width, height } = camera;
  const matrix = camera.intrinsic.flat();
  const pixels: number[] = [], depths: number[] = [], index: number[] = [];
  for (let i = 0; i < count; i++) {
    const depth = points[3 * i + 2]!;
    if (!(depth > minDepth)) continue;
    const [u, v] = pixelOf(matrix, points[3 * i]!, points[3 * i + 1]!, depth);
    if (u <= BORDER || u >= width - BORDER) continue;
    if (v <= BORDER || v >= height - BORDER) continue;
    pixels.push(u, v);
    depths.push(depth);
    index.push(i);
  }
  return {
    count: index.length,
    pixels: Float64Array.from(pixels),
    depths: Float64Array.from(depths),
    index: Int32Array.from(index),
  };
}

type Points = Float32Array | Float64Array;

/** p ↦ R p + t; what is stored in between decides the precision. */
function forward(points: Points, pose: Pose): void {
  turn(points, pose.rotation);
  shift(points, pose.translation, 1);
}

/** p ↦ Rᵀ (p - t) */
function backward(points: Points, pose: Pose): void {
  shift(points, pose.translation, -1);
  turn(points, transpose(pose.rotation));
}

function turn(points: Points, m: readonly number[]): void {
  const [a, b, c, d, e, f, g, h, k] = m as [
    ...[number, number, number],
    ...[number, number, number],
    ...[number, number, number],
  ];
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i]!, y = points[i + 1]!, z = points[i + 2]!;
    points[i] = a * x + b * y + c * z;
    points[i + 1] = d * x + e * y + f * z;
    points[i + 2] = g * x + h * y + k * z;
  }
}

function shift(points: Points, by: readonly number[], sign: 1 | -1): void {
  // numpy 1 rounds a scalar to the array's type before it adds.
  const round = points instanceof Float32Array ? Math.fround : Number;
  const [x, y, z] = by.map((value) => sign * round(value)) as [
    number,
    number,
    number,
  ];
  for (let i = 0; i < points.length; i += 3) {
    points[i]! += x;
    points[i + 1]! += y;
    points[i + 2]! += z;
  }
}

/** @param m [9] row-major intrinsics */
function pixelOf(
  m: readonly number[],
  x: number,
  y: number,
  z: number,
): [number, number] {
  const scale = m[6]! * x + m[7]! * y + m[8]! * z;
  return [
    (m[0]! * x + m[1]! * y + m[2]! * z) / scale,
    (m[3]! * x + m[4]! * y + m[5]! * z) / scale,
  ];
}

/** A box in an image. */
export interface ProjectedBox {
  /**
   * [8][2] pixels, in the order of {@link cornersOf}; meaningless where the
   * depth is not above 0.
   */
  corners: [number, number][];
  /** [8] metres along the optical axis. */
  depths: number[];
}

/**
 * The corners of a box in the image of a camera.
 * @param box in the camera's sensor frame
 */
export function projectBox(
  box: Box,
  camera: Pick<SensorReading, "intrinsic">,
): ProjectedBox {
  const matrix = camera.intrinsic.flat();
  const corners = cornersOf(box);
  return {
    corners: corners.map(([x, y, z]) => pixelOf(matrix, x!, y!, z!)),
    depths: corners.map((corner) => corner[2]!),
  };
}

/** How many corners of a box must be inside an image. */
export type BoxVisibility = "any" | "all" | "none";

/** Metres before the camera from which a corner counts as in front. */
const IN_FRONT = 0.1;
/** Metres before the camera from which a corner counts as seen. */
const SEEN = 1;

/**
 * Whether an image shows a box, hidden or not, as the devkit decides: all
 * corners lie in front of the camera, and any or all of them inside the image
 * and at least a metre away; `none` takes every box.
 * @param box in the camera's sensor frame
 */
export function isInImage(
  box: Box,
  camera: Pick<SensorReading, "intrinsic" | "width" | "height">,
  visibility: BoxVisibility = "any",
): boolean {
  if (visibility === "none") return true;
  const { corners, depths } = projectBox(box, camera);
  if (!depths.every((depth) => depth > IN_FRONT)) return false;
  const inside = corners.map(([u, v], i) =>
    u > 0 && u < camera.width && v > 0 && v < camera.height &&
    depths[i]! > SEEN
  );
  return visibility === "all" ? inside.every(Boolean) : inside.some(Boolean);
}
