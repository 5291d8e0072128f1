/**
 * Boxes as the network codes them.
 *
 * Source: normalize_bbox of exiawsh/StreamPETR (core/bbox/util.py).
 * @module
 */

/** Numbers of a code. */
export const CODE_SIZE = 10;

/** 3D ground truth of one frame, in the (augmented) LiDAR frame. */
export interface GroundTruth {
  /**
   * [n][9]: x, y, z (gravity centre), l, w, h in metres, yaw in radians, vx,
   * vy in m/s.
   */
  readonly boxes: readonly ArrayLike<number>[];
  /** [n] class index. */
  readonly labels: ArrayLike<number>;
}

/**
 * Codes [n, 10] of boxes: x, y, z, log l, log w, log h, sin yaw, cos yaw, vx,
 * vy. Sizes of zero and unknown velocities give codes that are not finite.
 */
export function encodeBoxes(
  boxes: readonly ArrayLike<number>[],
): Float32Array {
  const codes = new Float32Array(boxes.length * CODE_SIZE);
  boxes.forEach((box, i) => {
    const at = i * CODE_SIZE;
    for (let k = 0; k < 3; k++) {
      codes[at + k] = box[k]!;
      codes[at + 3 + k] = Math.log(box[3 + k]!);
    }
    codes[at + 6] = Math.sin(box[6]!);
    codes[at + 7] = Math.cos(box[6]!);
    codes[at + 8] = box[7]!;
    codes[at + 9] = box[8]!;
  });
  return codes;
}

/**
 * Writes row `index` of codes [m, 10] as the regression target of a query:
 * `row` of target [n, 10] and weights [n], which hold zeros. They stay where
 * the code is not finite; elsewhere the weight becomes 1.
 */
export function writeTarget(
  codes: Float32Array,
  index: number,
  target: Float32Array,
  weights: Float32Array,
  row: number,
): void {
  const code = codes.subarray(index * CODE_SIZE, (index + 1) * CODE_SIZE);
  if (!code.every(Number.isFinite)) return;
  target.set(code, row * CODE_SIZE);
  weights[row] = 1;
}
