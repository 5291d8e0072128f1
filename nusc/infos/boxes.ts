/**
 * Annotated boxes in the frame of a sensor.
 * @module
 */
import {
  conjugate,
  multiplyQuaternions,
  type Quaternion,
  rotate,
} from "../geometry/quaternion.ts";

/** A box: centre in metres, orientation w first. */
export interface Box {
  center: number[];
  orientation: Quaternion;
}

/** A rigid pose, as tables hold it. */
export interface RigidPose {
  translation: number[];
  rotation: number[];
}

/** The box seen from a pose (the inverse of the pose is applied). */
export function into(pose: RigidPose, box: Box): Box {
  const inverse = conjugate(pose.rotation);
  const offset = box.center.map((value, i) => value - pose.translation[i]!);
  return {
    center: rotate(inverse, offset),
    orientation: multiplyQuaternions(inverse, box.orientation),
  };
}

/**
 * The eight corners: front four, then rear four.
 * @param size width, length, height in metres.
 */
export function cornersOf(box: Box, size: readonly number[]): number[][] {
  const [width, length, height] = size as [number, number, number];
  const signs = [[1, 1], [-1, 1], [-1, -1], [1, -1]];
  return [1, -1].flatMap((front) =>
    signs.map(([side, up]) => {
      const local = [
        front * length / 2,
        side! * width / 2,
        up! * height / 2,
      ];
      return rotate(box.orientation, local)
        .map((value, i) => value + box.center[i]!);
    })
  );
}
