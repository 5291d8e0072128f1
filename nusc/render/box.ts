/**
 * Boxes as wire frames: corners, edges and their way through a pinhole.
 * @module
 */
import { invert, type Pose, transform } from "../geometry/mod.ts";
import type { ImagePoints } from "../reading/mod.ts";

/** x, y, z in metres. */
export type Point = readonly [number, number, number];

/** A box in the LiDAR frame, true or predicted. */
export interface DrawnBox {
  /** x, y, z (middle), l, w, h in metres, yaw in radians about z. */
  box: readonly number[];
  /** Class name; decides the colour of a prediction. */
  label: string;
  /** Predictions have one, ground truth has none. */
  score?: number;
  /** m/s along x and y of the LiDAR frame. */
  velocity?: readonly [number, number];
  /** Of a tracked object. */
  trackId?: string;
  /** Drawn faintly: ground truth that the task leaves out. */
  faint?: boolean;
}

/** A camera and its image, as seen from the LiDAR. */
export interface CameraView {
  /** nuScenes channel, such as `CAM_FRONT`. */
  channel: string;
  /** Path of the image. */
  image: string;
  /** Pixels of the image that the intrinsics belong to. */
  width: number;
  /** Pixels, likewise. */
  height: number;
  /** [3][3] */
  intrinsic: readonly (readonly number[])[];
  /** Camera pose: p_lidar = rotation * p_camera + translation. */
  lidarFromCamera: Pose;
  /** LiDAR points to draw, in pixels of the image. */
  points?: ImagePoints;
}

/** Two ends of a line, in pixels. */
export type Segment = [[number, number], [number, number]];

/** Corners nearer to the image plane than this (metres) are cut off. */
const NEAR = 0.1;

/** Eight corners; bits 0, 1, 2 of the index choose +x, +y, +z of the box. */
export function cornersOf(box: readonly number[]): Point[] {
  const [x, y, z, l, w, h, yaw] = box as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const cos = Math.cos(yaw), sin = Math.sin(yaw);
  return Array.from({ length: 8 }, (_, i): Point => {
    const dx = (i & 1 ? l : -l) / 2, dy = (i & 2 ? w : -w) / 2;
    return [
      x + dx * cos - dy * sin,
      y + dx * sin + dy * cos,
      z + (i & 4 ? h : -h) / 2,
    ];
  });
}

/** Camera point to pixels. */
function project(view: CameraView, [x, y, z]: Point): [number, number] {
  const [a, b] = view.intrinsic as readonly (readonly number[])[];
  return [
    (a![0]! * x + a![1]! * y + a![2]! * z) / z,
    (b![1]! * y + b![2]! * z) / z,
  ];
}

/** The part of a line before the near plane, projected; null if none is. */
export function projectLine(
  view: CameraView,
  a: Point,
  b: Point,
): Segment | null {
  if (a[2] < NEAR && b[2] < NEAR) return null;
  const cut = (from: Point, to: Point): Point => {
    if (from[2] >= NEAR) return from;
    const t = (NEAR - from[2]) / (to[2] - from[2]);
    return [
      from[0] + t * (to[0] - from[0]),
      from[1] + t * (to[1] - from[1]),
      NEAR,
    ];
  };
  const ends: Segment = [project(view, cut(a, b)), project(view, cut(b, a))];
  return clip(ends, view.width, view.height);
}

/** The part of a line inside the image, or null (Liang-Barsky). */
function clip(
  [[x0, y0], [x1, y1]]: Segment,
  width: number,
  height: number,
): Segment | null {
  const dx = x1 - x0, dy = y1 - y0;
  let first = 0, last = 1;
  const sides = [[-dx, x0], [dx, width - x0], [-dy, y0], [dy, height - y0]];
  for (const [step, room] of sides as [number, number][]) {
    if (step === 0) {
      if (room < 0) return null;
      continue;
    }
    const t = room / step;
    if (step < 0) first = Math.max(first, t);
    else last = Math.min(last, t);
  }
  if (first > last) return null;
  return [
    [x0 + first * dx, y0 + first * dy],
    [x0 + last * dx, y0 + last * dy],
  ];
}

/** What a camera shows of a box. */
export interface WireFrame {
  /** Edges of the front face. */
  front: Segment[];
  /** All other edges, and the line on the ground towards the front. */
  rest: Segment[];
  /** Metres from the camera to the middle. */
  depth: number;
}

/** Projects a box; null if no edge shows in the image. */
export function wireFrame(
  view: CameraView,
  box: readonly number[],
): WireFrame | null {
  const cameraFromLidar = invert(view.lidarFromCamera);
  const corners = cornersOf(box).map((corner) =>
    transform(cameraFromLidar, corner) as unknown as Point
  );
  const frame: WireFrame = { front: [], rest: [], depth: 0 };
  for (let i = 0; i < 8; i++) {
    for (const bit of [1, 2, 4]) {
      if (i & bit) continue;
      const line = projectLine(view, corners[i]!, corners[i | bit]!);
      if (!line) continue;
      (i & 1 ? frame.front : frame.rest).push(line);
    }
  }
  const middle = (...of: number[]): Point =>
    [0, 1, 2].map((axis) =>
      of.reduce((sum, i) => sum + corners[i]![axis]!, 0) / of.length
    ) as unknown as Point;
  const heading = projectLine(view, middle(0, 1, 2, 3), middle(1, 3));
  if (heading) frame.rest.push(heading);
  frame.depth = Math.hypot(...middle(0, 7));
  return frame.front.length + frame.rest.length > 0 ? frame : null;
}
