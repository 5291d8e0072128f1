/**
 * Annotations as seen by one camera.
 * Source: StreamPETR, tools/data_converter/nuscenes_converter.py,
 * get_2d_boxes; numbers are rounded to float32 where it does.
 * @module
 */
import { type Box, cornersOf, type Matrix3, yawOf } from "../geometry/mod.ts";
import type { AnnotatedBox } from "../reading/mod.ts";
import { LABELS_2D } from "./types.ts";
import type { ImageSize } from "./jpeg.ts";
import { clippedBounds, type Point } from "./polygon.ts";

/** Lists of one camera, one entry a visible box. */
export interface CameraBoxes {
  bboxes2d: number[][];
  bboxes3d_cams: number[][];
  labels2d: number[];
  centers2d: number[][];
  depths: number[];
  visibilities: string[];
}

/** A box in the camera's frame. */
export type SeenBox =
  & Box
  & Pick<AnnotatedBox, "detectionName" | "visibility">;

const round = Math.fround;

/** Boxes whose centre lies before the camera and that meet the image. */
export function seenBoxes(
  boxes: readonly SeenBox[],
  intrinsic: readonly number[][],
  image: ImageSize,
): CameraBoxes {
  const out: CameraBoxes = {
    bboxes2d: [],
    bboxes3d_cams: [],
    labels2d: [],
    centers2d: [],
    depths: [],
    visibilities: [],
  };
  for (const box of boxes) {
    const { detectionName: name, visibility } = box;
    // If the centre is in front, at least four corners are: there is a hull.
    if (!name || round(box.center[2]!) <= 0) continue;
    const bounds = boundsOf(box, intrinsic.flat(), image);
    if (!bounds) continue;
    const [width, length, height] = box.wlh as [number, number, number];
    const [u, v, depth] = projectFloat32(box.center, intrinsic.flat());
    out.bboxes2d.push(bounds.map(round));
    out.bboxes3d_cams.push(
      [...box.center, length, height, width, -yawOf(box.rotation)].map(round),
    );
    out.labels2d.push(LABELS_2D.indexOf(name));
    out.centers2d.push([u, v]);
    out.depths.push(depth);
    out.visibilities.push(visibility);
  }
  return out;
}

/** Bounds in the image, or null for less than a pixel. */
function boundsOf(box: Box, K: Matrix3, image: ImageSize): number[] | null {
  const points = cornersOf(box).filter((corner) => corner[2]! > 0)
    .map((corner): Point => {
      const [x, y, z] = corner as [number, number, number];
      return [
        (K[0]! * x + K[1]! * y + K[2]! * z) / z,
        (K[3]! * x + K[4]! * y + K[5]! * z) / z,
      ];
    });
  const bounds = clippedBounds(points, image.width, image.height);
  if (!bounds) return null;
  const [left, top, right, bottom] = bounds;
  return right - left >= 1 && bottom - top >= 1 ? bounds : null;
}

/** Pixels and depth in float32, as the reference computes them. */
function projectFloat32(
  center: readonly number[],
  K: Matrix3,
): [number, number, number] {
  const [x, y, z] = center.map(round) as [number, number, number];
  const row = (i: number) =>
    round(
      round(round(round(K[i]!) * x) + round(round(K[i + 1]!) * y)) +
        round(round(K[i + 2]!) * z),
    );
  return [round(row(0) / z), round(row(3) / z), z];
}
