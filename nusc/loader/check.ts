/**
 * A self-test of the loader's geometry: ground truth is projected with the
 * dataset's own calibration, the pixels are moved as an image is moved, and
 * both must meet where the augmented boxes project with the matrices that the
 * network gets.
 *
 * The way before augmentation shares no code with the way after it.
 * @module
 */
import { cornersOf, quaternionFromYaw } from "../geometry/mod.ts";
import { type CameraInfo, CAMERAS, type FrameInfo } from "../infos/types.ts";
import {
  type Augmentation,
  describeFrame,
  type Frame,
  type FrameConfig,
} from "./frame.ts";
import { globalFromLidar } from "./geometry.ts";
import { inverseAffine, type Matrix4 } from "../geometry/matrix.ts";
import { labels3d } from "./labels3d.ts";
import { movedPixel } from "./move.ts";
import type { writeInput } from "./image.ts";
import { checkSpots } from "./spots.ts";
import type { View } from "./view.ts";

/** The largest error of one comparison, and where it was. */
export interface Worst {
  /** Pixels of the input, or metres. */
  error: number;
  where: string;
  /** How many values were compared. */
  count: number;
}

/** Largest errors of a check; errors of nothing are 0. */
export interface GeometryReport {
  /** Box centres and corners in the images, pixels. */
  boxes: Worst;
  /** Projected 3D centres against the 2D labels before augmentation, pixels. */
  centers: Worst;
  /** 2D labels after augmentation, pixels. */
  labels2d: Worst;
  /** Boxes and velocities in the global frame and cameras, metres (m/s). */
  poses: Worst;
  /** Bright spots in the pixels themselves, pixels. */
  spots: Worst;
}

/** A box this wide on either side of its middle has whole pixels, pixels. */
const WELL = 2;

/** Points nearer to the image plane than this are not compared, metres. */
const NEAR = 1;

/** A report of nothing. */
export function emptyReport(): GeometryReport {
  const none = () => ({ error: 0, where: "", count: 0 });
  return {
    boxes: none(),
    centers: none(),
    labels2d: none(),
    poses: none(),
    spots: none(),
  };
}

/**
 * Checks one frame under one augmentation.
 * @param report is brought up to date.
 * @param describe what is tested.
 */
export function checkFrame(
  info: FrameInfo,
  config: FrameConfig,
  augmentation: Augmentation,
  report: GeometryReport,
  describe: typeof describeFrame = describeFrame,
): void {
  const frame = describe(info, config, augmentation);
  const plain = labels3d(info, config.range).boxes;
  CAMERAS.forEach((name, camera) => {
    const at = `sample ${info.token}, ${name}`;
    const { view } = augmentation;
    const project = projector(info.cams[name]);
    const seen = afterwards(frame.geometry.lidarFromImage[camera]!);
    plain.forEach((box, i) => {
      const where = `${at}, box ${i}`;
      const { mirror } = augmentation.bev;
      const moved = pointsOf(frame.labels.boxes[i]!, mirror);
      pointsOf(box).forEach((point, k) => {
        const pixel = project(point);
        if (!pixel) return;
        compare(report.boxes, seen(moved[k]!), movedPixel(view, pixel), where);
        if (k > 0) return;
        const labelled = nearest(info.centers2d[camera]!, pixel);
        compare(report.centers, labelled, pixel, where);
        const { imageFromLidar, cameraFromLidar } = frame.geometry;
        compare(
          report.boxes,
          pixelOf(imageFromLidar[camera]!, moved[k]!),
          movedPixel(view, pixel),
          where,
        );
        compare(
          report.poses,
          apply(cameraFromLidar[camera]!, point),
          inCamera(info.cams[name], point),
          where,
        );
      });
    });
    checkLabels2d(info, camera, frame, report.labels2d, at);
  });
  const before = globalFromLidar(info);
  plain.forEach((box, i) => {
    const after = frame.labels.boxes[i]!;
    const where = `sample ${info.token}, box ${i}`;
    const { globalFromLidar: pose, lidarFromGlobal } = frame.geometry;
    const place = apply(before, box);
    compare(report.poses, apply(pose, after), place, where);
    const back = apply(lidarFromGlobal, place);
    compare(report.poses, back, after.slice(0, 3), where);
    // What moves from here to there does so in the world as well.
    const [from, to] = [box, after].map((b) => [b[7]!, b[8]!, 0]);
    compare(report.poses, turn(pose, to!), turn(before, from!), where);
  });
}

/** Checks where the pixels of images go under a view. */
export function checkPixels(
  info: FrameInfo,
  { view }: Augmentation,
  { spots }: GeometryReport,
  write?: typeof writeInput,
): void {
  for (const { x, y, error } of checkSpots(view, info.cams.CAM_FRONT, write)) {
    spots.count++;
    const where = `at ${x.toFixed(0)}, ${y.toFixed(0)} of ` +
      `${view.width}x${view.height}`;
    if (error > spots.error) Object.assign(spots, { error, where });
  }
}

/** Corners with left and right exchanged, as a mirrored box has them. */
const MIRRORED = [1, 0, 3, 2, 5, 4, 7, 6];

/** Centre and corners of a [9] box. */
function pointsOf(box: readonly number[], mirrored = false): number[][] {
  const [l, w, h] = box.slice(3, 6) as [number, number, number];
  const center = box.slice(0, 3);
  const rotation = quaternionFromYaw(box[6]!);
  const corners = cornersOf({ center, wlh: [w, l, h], rotation });
  const order = mirrored ? MIRRORED : [...corners.keys()];
  return [center, ...order.map((k) => corners[k]!)];
}

/** Source pixels of LiDAR points by calibration alone; null if not in view. */
function projector(camera: CameraInfo) {
  const K = camera.cam_intrinsic;
  return (point: readonly number[]): number[] | null => {
    const p = inCamera(camera, point);
    if (p[2]! < NEAR) return null;
    const [u, v] = [0, 1].map((i) =>
      (K[i]![0]! * p[0]! + K[i]![1]! * p[1]! + K[i]![2]! * p[2]!) / p[2]!
    ) as [number, number];
    const inside = u >= 0 && v >= 0 && u < camera.width && v < camera.height;
    return inside ? [u, v] : null;
  };
}

/** A LiDAR point in the camera's frame by calibration alone, metres. */
function inCamera(camera: CameraInfo, point: readonly number[]): number[] {
  const R = camera.sensor2lidar_rotation;
  const T = camera.sensor2lidar_translation;
  const arm = point.map((value, axis) => value - T[axis]!);
  return [0, 1, 2].map((j) =>
    R[0]![j]! * arm[0]! + R[1]![j]! * arm[1]! + R[2]![j]! * arm[2]!
  );
}

/** Input pixels of augmented LiDAR points, by a matrix rounded to float32. */
function afterwards(lidarFromImage: Matrix4) {
  const rounded = Float64Array.from(Float32Array.from(lidarFromImage));
  const imageFromLidar = inverseAffine(rounded);
  return (point: readonly number[]) => pixelOf(imageFromLidar, point);
}

function pixelOf(imageFromLidar: Matrix4, point: readonly number[]): number[] {
  const [u, v, depth] = apply(imageFromLidar, point);
  return [u! / depth!, v! / depth!];
}

/** A vector by the linear part of a matrix. */
function turn(m: Matrix4, p: readonly number[]): number[] {
  return [0, 4, 8].map((i) =>
    m[i]! * p[0]! + m[i + 1]! * p[1]! + m[i + 2]! * p[2]!
  );
}

function apply(m: Matrix4, p: readonly number[]): number[] {
  return [0, 4, 8].map((i) =>
    m[i]! * p[0]! + m[i + 1]! * p[1]! + m[i + 2]! * p[2]! + m[i + 3]!
  );
}

function nearest(points: number[][], to: number[]): number[] {
  const distance = (p: number[]) => Math.hypot(p[0]! - to[0]!, p[1]! - to[1]!);
  return points.reduce(
    (best, point) => distance(point) < distance(best) ? point : best,
    [Infinity, Infinity],
  );
}

/** Every label left in an image must be one of the infos', moved. */
function checkLabels2d(
  info: FrameInfo,
  camera: number,
  { labels2d, augmentation: { view } }: Frame,
  worst: Worst,
  at: string,
): void {
  const { boxes, labels, centers, depths } = labels2d[camera]!;
  const before = info.depths[camera]!;
  const nearest = nearestSeen(info, camera, view);
  if (nearest < Infinity && !depths.includes(nearest)) {
    const where = `${at}, the nearest 2D label is lost`;
    Object.assign(worst, { error: Infinity, where });
    return;
  }
  boxes.forEach((box, i) => {
    const of = before.findIndex((depth, k) =>
      depth === depths[i] && info.labels2d[camera]![k] === labels[i]
    );
    const where = `${at}, 2D label ${i}`;
    if (of < 0) {
      Object.assign(worst, { error: Infinity, where });
      return;
    }
    const center = info.centers2d[camera]![of]!;
    compare(worst, centers[i]!, clip(view, movedPixel(view, center)), where);
    const wanted = enclosing(view, info.bboxes2d[camera]![of]!);
    compare(worst, box.slice(0, 2), wanted.slice(0, 2), where);
    compare(worst, box.slice(2), wanted.slice(2), where);
  });
}

/** Depth of the nearest 2D box that is well in the input: nothing hides it. */
function nearestSeen(info: FrameInfo, camera: number, view: View): number {
  const depths = info.bboxes2d[camera]!.map((box, k) => {
    const [x1, y1, x2, y2] = enclosing(view, box) as [
      ...[number, number, number, number],
    ];
    const seen = x2 - x1 > 2 * WELL && y2 - y1 > 2 * WELL;
    return seen ? info.depths[camera]![k]! : Infinity;
  });
  return Math.min(Infinity, ...depths);
}

/** Bounds of a moved 2D box inside the input. */
function enclosing(view: View, box: readonly number[]): number[] {
  const [x1, y1, x2, y2] = box as [number, number, number, number];
  const corners = [[x1, y1], [x2, y1], [x1, y2], [x2, y2]]
    .map((corner) => movedPixel(view, corner));
  const xs = corners.map((corner) => corner[0]!);
  const ys = corners.map((corner) => corner[1]!);
  return [
    ...clip(view, [Math.min(...xs), Math.min(...ys)]),
    ...clip(view, [Math.max(...xs), Math.max(...ys)]),
  ];
}

function clip({ width, height }: View, [x, y]: number[]): number[] {
  return [Math.min(Math.max(x!, 0), width), Math.min(Math.max(y!, 0), height)];
}

function compare(
  worst: Worst,
  found: readonly number[],
  wanted: readonly number[],
  where: string,
): void {
  const distance = Math.hypot(
    ...wanted.map((value, axis) => value - found[axis]!),
  );
  // A value that is no number is the worst of all.
  const error = Number.isNaN(distance) ? Infinity : distance;
  worst.count++;
  if (error > worst.error) Object.assign(worst, { error, where });
}
