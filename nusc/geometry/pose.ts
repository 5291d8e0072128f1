/**
 * Rigid transforms. Names read right to left: `egoFromSensor` takes a point
 * of the sensor's frame to the ego's.
 * @module
 */
import {
  apply,
  type Matrix3,
  multiplyMatrices,
  type Quaternion,
  rotationMatrix,
  transpose,
  type Vector3,
} from "./quaternion.ts";

/** x ↦ rotation · x + translation; metres. */
export interface Pose {
  /** Row-major 3x3. */
  rotation: Matrix3;
  /** [3] metres. */
  translation: Vector3;
}

/**
 * The pose of a translation (metres) and a quaternion (w, x, y, z of any
 * length but zero), as tables hold them; float64.
 */
export function poseFrom(translation: Vector3, rotation: Quaternion): Pose {
  return { rotation: rotationMatrix(rotation), translation };
}

/** a after b: `aFromB · bFromC = aFromC`. */
export function compose(a: Pose, b: Pose): Pose {
  const moved = apply(a.rotation, b.translation);
  return {
    rotation: multiplyMatrices(a.rotation, b.rotation),
    translation: moved.map((value, i) => value + a.translation[i]!),
  };
}

/** The pose backwards: `bFromA` of `aFromB`. */
export function invert(pose: Pose): Pose {
  const rotation = transpose(pose.rotation);
  return {
    rotation,
    translation: apply(rotation, pose.translation).map((value) => -value),
  };
}

/** Where a point goes: `transform(aFromB, pointOfB)`, [3] metres. */
export function transform(pose: Pose, point: Vector3): number[] {
  return apply(pose.rotation, point).map((value, i) =>
    value + pose.translation[i]!
  );
}
