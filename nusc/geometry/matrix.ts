/**
 * 4×4 matrices in float64, row-major.
 * @module
 */

/** [4][4] row-major. */
export type Matrix4 = Float64Array;

/** a · b */
export function multiply(a: Matrix4, b: Matrix4): Matrix4 {
  const out = new Float64Array(16);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[4 * i + k]! * b[4 * k + j]!;
      out[4 * i + j] = sum;
    }
  }
  return out;
}

/** The matrix of x ↦ R x + t. @param rotation [3][3] */
export function rigid(
  rotation: readonly (readonly number[])[],
  translation: readonly number[],
): Matrix4 {
  const out = new Float64Array(16);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) out[4 * i + j] = rotation[i]![j]!;
    out[4 * i + 3] = translation[i]!;
  }
  out[15] = 1;
  return out;
}

/** [3][3] of a w-first unit quaternion. */
export function rotationFromQuaternion(q: readonly number[]): number[][] {
  const norm = Math.hypot(...q);
  const [w, x, y, z] = q.map((value) => value / norm) as
    & number[]
    & [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/**
 * Inverse of an affine matrix (last row 0 0 0 1), by the adjugate of its
 * linear part.
 * @throws {RangeError} if it is singular.
 */
export function inverseAffine(m: Matrix4): Matrix4 {
  const at = (i: number, j: number) => m[4 * i + j]!;
  const minor = (i: number, j: number) => {
    const [r, s] = [(i + 1) % 3, (i + 2) % 3];
    const [c, d] = [(j + 1) % 3, (j + 2) % 3];
    return at(r, c) * at(s, d) - at(r, d) * at(s, c);
  };
  const determinant = at(0, 0) * minor(0, 0) + at(0, 1) * minor(0, 1) +
    at(0, 2) * minor(0, 2);
  if (determinant === 0) throw new RangeError("Cannot invert: singular matrix");
  const out = new Float64Array(16);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) out[4 * i + j] = minor(j, i) / determinant;
  }
  for (let i = 0; i < 3; i++) {
    out[4 * i + 3] = -(out[4 * i]! * at(0, 3) + out[4 * i + 1]! * at(1, 3) +
      out[4 * i + 2]! * at(2, 3));
  }
  out[15] = 1;
  return out;
}
