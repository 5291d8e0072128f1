/**
 * Rotations as w-first quaternions and as row-major 3x3 matrices, float64.
 * @module
 */

/** w, x, y, z; any length but zero, as pyquaternion takes it. */
export type Quaternion = readonly number[];

/** Nine numbers, row by row. */
export type Matrix3 = readonly number[];

/** Three numbers. */
export type Vector3 = readonly number[];

/** The quaternion scaled to length one; a zero one stays. */
export function normalize(q: Quaternion): number[] {
  const [w, x, y, z] = q as [number, number, number, number];
  const length = Math.sqrt(w * w + x * x + y * y + z * z) || 1;
  return [w / length, x / length, y / length, z / length];
}

/** Rotation matrix of a quaternion of any length. */
export function rotationMatrix(q: Quaternion): number[] {
  const [w, x, y, z] = normalize(q) as [number, number, number, number];
  return [
    w * w + x * x - y * y - z * z,
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    w * w - x * x + y * y - z * z,
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    w * w - x * x - y * y + z * z,
  ];
}

/** p times q: the rotation q, then p. */
export function multiplyQuaternions(p: Quaternion, q: Quaternion): number[] {
  const [a, b, c, d] = p as [number, number, number, number];
  const [e, f, g, h] = q as [number, number, number, number];
  return [
    a * e - b * f - c * g - d * h,
    a * f + b * e + c * h - d * g,
    a * g - b * h + c * e + d * f,
    a * h + b * g - c * f + d * e,
  ];
}

/** The opposite rotation, of length one. */
export function invertQuaternion(q: Quaternion): number[] {
  const [w, x, y, z] = normalize(q) as [number, number, number, number];
  return [w, -x, -y, -z];
}

/** Rotation about z by an angle in radians. */
export function quaternionFromYaw(yaw: number): number[] {
  return [Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)];
}

/**
 * Heading of the rotated x axis in the xy plane, radians; what the devkit's
 * metrics call yaw (eval/common/utils.py, quaternion_yaw).
 */
export function headingOf(q: Quaternion): number {
  const [w, x, y, z] = normalize(q) as [number, number, number, number];
  return Math.atan2(2 * (x * y + w * z), w * w + x * x - y * y - z * z);
}

/**
 * Yaw of the yaw-pitch-roll angles as pyquaternion defines them, radians;
 * differs from {@link headingOf} if there is roll or pitch.
 */
export function yawOf(q: Quaternion): number {
  const [w, x, y, z] = normalize(q) as [number, number, number, number];
  return Math.atan2(2 * (w * z - x * y), 1 - 2 * (y * y + z * z));
}

/** Matrix times vector. */
export function apply(m: Matrix3, v: Vector3): number[] {
  return [0, 3, 6].map((i) =>
    m[i]! * v[0]! + m[i + 1]! * v[1]! + m[i + 2]! * v[2]!
  );
}

/** a times b. */
export function multiplyMatrices(a: Matrix3, b: Matrix3): number[] {
  const out = new Array<number>(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      out[3 * i + j] = a[3 * i]! * b[j]! + a[3 * i + 1]! * b[3 + j]! +
        a[3 * i + 2]! * b[6 + j]!;
    }
  }
  return out;
}

/** The transposed matrix: of a rotation, its inverse. */
export function transpose(m: Matrix3): number[] {
  return [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => m[i]!);
}

/**
 * The rotation between two, along the shorter arc, of length one.
 * Source: pyquaternion, Quaternion.slerp.
 * @param amount 0 gives p, 1 gives q
 */
export function interpolateQuaternions(
  p: Quaternion,
  q: Quaternion,
  amount: number,
): number[] {
  let from = normalize(p);
  const to = normalize(q);
  let cosine = from.reduce((sum, value, i) => sum + value * to[i]!, 0);
  if (cosine < 0) {
    from = from.map((value) => -value);
    cosine = -cosine;
  }
  // Of nearly equal rotations a straight line is the better arc.
  const angle = cosine > 0.9995 ? 0 : Math.acos(cosine);
  const [a, b] = angle === 0
    ? [1 - amount, amount]
    : [Math.sin((1 - amount) * angle), Math.sin(amount * angle)]
      .map((value) => value / Math.sin(angle)) as [number, number];
  return normalize(from.map((value, i) => a * value + b * to[i]!));
}
