/**
 * Unit quaternions, w first, in float64.
 * @module
 */

/** [w, x, y, z] */
export type Quaternion = readonly number[];

/** The rotation that does b, then a. */
export function multiplyQuaternions(a: Quaternion, b: Quaternion): Quaternion {
  const [w, x, y, z] = a as [number, number, number, number];
  const [s, i, j, k] = b as [number, number, number, number];
  return [
    w * s - x * i - y * j - z * k,
    w * i + x * s + y * k - z * j,
    w * j - x * k + y * s + z * i,
    w * k + x * j - y * i + z * s,
  ];
}

/** The opposite rotation. */
export function conjugate([w, x, y, z]: Quaternion): Quaternion {
  return [w!, -x!, -y!, -z!];
}

/**
 * Rotation about z, radians, as pyquaternion's yaw_pitch_roll[0] gives it
 * (its formula swaps signs compared with the usual one).
 */
export function yawOf([w, x, y, z]: Quaternion): number {
  return Math.atan2(
    2 * (w! * z! - x! * y!),
    1 - 2 * (y! * y! + z! * z!),
  );
}

/**
 * Heading of a box about z, radians: direction of its rotated x axis, as the
 * devkit's quaternion_yaw gives it.
 */
export function headingOf([w, x, y, z]: Quaternion): number {
  return Math.atan2(
    2 * (w! * z! + x! * y!),
    1 - 2 * (y! * y! + z! * z!),
  );
}

/** Rotation by an angle about z. */
export function aboutZ(angle: number): Quaternion {
  return [Math.cos(angle / 2), 0, 0, Math.sin(angle / 2)];
}

/** v rotated by q. */
export function rotate(q: Quaternion, v: readonly number[]): number[] {
  const [w, x, y, z] = q as [number, number, number, number];
  const [a, b, c] = v as [number, number, number];
  // t = 2 q⃗ × v; v + w t + q⃗ × t
  const t = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [
    a + w * t[0]! + y * t[2]! - z * t[1]!,
    b + w * t[1]! + z * t[0]! - x * t[2]!,
    c + w * t[2]! + x * t[1]! - y * t[0]!,
  ];
}
