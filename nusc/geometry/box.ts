/**
 * Boxes: centre, size as width, length, height, and orientation.
 * @module
 */
import { apply, type Quaternion, rotationMatrix } from "./quaternion.ts";

/** A box in some frame. */
export interface Box {
  /** Middle, metres. */
  center: readonly number[];
  /** Width, length, height, metres. */
  wlh: readonly number[];
  /** w, x, y, z; the length axis is x. */
  rotation: Quaternion;
}

/**
 * Signs of the corners along length, width, height, in the devkit's order:
 * ```
 *   4 -------- 0     x forward, y left, z up:
 *  /|         /|     0-3 in front, 4-7 behind,
 * 5 -------- 1 |     0, 1, 4, 5 on top
 * | 7 -------|-3
 * 6 -------- 2
 * ```
 */
const ALONG = [1, 1, 1, 1, -1, -1, -1, -1];
const ACROSS = [1, -1, -1, 1, 1, -1, -1, 1];
const UP = [1, 1, -1, -1, 1, 1, -1, -1];

/**
 * The eight corners, [8][3] metres in the frame that the box is in: 0-3 in
 * front, 4-7 behind; 0, 1, 4, 5 on top; 0, 3, 4, 7 at the left.
 */
export function cornersOf(box: Box): number[][] {
  const rotation = rotationMatrix(box.rotation);
  const [width, length, height] = box.wlh as [number, number, number];
  return ALONG.map((along, i) => {
    const corner = apply(rotation, [
      length / 2 * along,
      width / 2 * ACROSS[i]!,
      height / 2 * UP[i]!,
    ]);
    return corner.map((value, axis) => value + box.center[axis]!);
  });
}

/** A test whether points lie in a box, its faces included. */
export function insideOf(box: Box): (point: readonly number[]) => boolean {
  const corners = cornersOf(box);
  const from = corners[0]!;
  const axes = [4, 1, 3].map((i) =>
    corners[i]!.map((value, axis) => value - from[axis]!)
  );
  const lengths = axes.map((axis) => dot(axis, axis));
  return (point) => {
    const arm = point.map((value, axis) => value - from[axis]!);
    return axes.every((axis, i) => {
      const along = dot(axis, arm);
      return along >= 0 && along <= lengths[i]!;
    });
  };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}
