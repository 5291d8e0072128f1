/**
 * Rigid motions in float64: 3x3 matrices are nine numbers row by row,
 * quaternions are w-first, `globalFromEgo` maps ego points to global ones.
 * @module
 */

/** x, y, z in metres. */
export type Vector = [number, number, number];
/** w, x, y, z. */
export type Quaternion = [number, number, number, number];
/** Row by row. */
export type Matrix = number[];

/** A frame seen from another frame. */
export interface Pose {
  translation: Vector;
  rotation: Quaternion;
}

/** A pose with its rotation as a matrix too. */
export interface Frame {
  origin: Vector;
  matrix: Matrix;
}

/** Hamilton product: `b` first, then `a`. */
export function multiply(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

/** Rotation by `angles` (radians) about x, y and z, one after the other. */
export function fromAngles(angles: Vector): Quaternion {
  const half = (i: number): [number, number] => [
    Math.cos(angles[i]! / 2),
    Math.sin(angles[i]! / 2),
  ];
  const [[cx, sx], [cy, sy], [cz, sz]] = [half(0), half(1), half(2)];
  return multiply([cz, 0, 0, sz], multiply([cy, 0, sy, 0], [cx, sx, 0, 0]));
}

/** Quaternion of length one with w >= 0. */
export function normalize(q: Quaternion): Quaternion {
  const scale = (q[0] < 0 ? -1 : 1) / Math.hypot(...q);
  return q.map((value) => value * scale) as Quaternion;
}

/** Rotation matrix of a quaternion of length one. */
export function toMatrix([w, x, y, z]: Quaternion): Matrix {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

/** Matrix times vector. */
export function rotate(m: Matrix, [x, y, z]: Vector): Vector {
  return [
    m[0]! * x + m[1]! * y + m[2]! * z,
    m[3]! * x + m[4]! * y + m[5]! * z,
    m[6]! * x + m[7]! * y + m[8]! * z,
  ];
}

/** Transposed matrix times vector: the opposite rotation. */
export function unrotate(m: Matrix, [x, y, z]: Vector): Vector {
  return [
    m[0]! * x + m[3]! * y + m[6]! * z,
    m[1]! * x + m[4]! * y + m[7]! * z,
    m[2]! * x + m[5]! * y + m[8]! * z,
  ];
}

/** Matrix product: `b` first, then `a`. */
export function compose(a: Matrix, b: Matrix): Matrix {
  const product: Matrix = [];
  for (let row = 0; row < 9; row += 3) {
    for (let column = 0; column < 3; column++) {
      product.push(
        a[row]! * b[column]! + a[row + 1]! * b[column + 3]! +
          a[row + 2]! * b[column + 6]!,
      );
    }
  }
  return product;
}

/** Where a sensor is: `globalFromEgo` after `egoFromSensor`. */
export function globalFrame(ego: Pose, sensor: Pose): Frame {
  const globalFromEgo = toMatrix(ego.rotation);
  const [x, y, z] = rotate(globalFromEgo, sensor.translation);
  const [ex, ey, ez] = ego.translation;
  return {
    origin: [ex + x, ey + y, ez + z],
    matrix: compose(globalFromEgo, toMatrix(sensor.rotation)),
  };
}
