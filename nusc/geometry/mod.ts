/**
 * Rotations, poses and boxes in float64; quaternions are w-first.
 * @module
 */
export { type Box, cornersOf, insideOf } from "./box.ts";
export { compose, invert, type Pose, poseFrom, transform } from "./pose.ts";
export {
  apply,
  headingOf,
  interpolateQuaternions,
  invertQuaternion,
  type Matrix3,
  multiplyMatrices,
  multiplyQuaternions,
  normalize,
  type Quaternion,
  quaternionFromYaw,
  rotationMatrix,
  transpose,
  type Vector3,
  yawOf,
} from "./quaternion.ts";
