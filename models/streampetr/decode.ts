/**
 * Raw predictions to boxes, without non-maximum suppression.
 *
 * Source: NMSFreeCoder of the reference (core/bbox/coders/nms_free_coder.py).
 * @module
 */

/** Settings of {@link decodeBoxes}. */
export interface DecodeOptions {
  /** Scores are [queries, classes]; a label is the index along the latter. */
  classes: number;
  /** Boxes taken per frame before the range filter. */
  maxBoxes: number;
  /** Centres outside are dropped, bounds inclusive: minima, then maxima. */
  range: readonly number[];
  /** What z is of in the result, default the gravity centre. */
  origin?: "center" | "bottom";
}

/** Boxes of one frame, best first. */
export interface DecodedBoxes {
  /**
   * [n][9]: x, y, z, l, w, h in metres, yaw in radians, vx, vy in m/s; LiDAR
   * frame.
   */
  boxes: number[][];
  /** [n], sigmoid scores in [0, 1], falling. */
  scores: number[];
  /** Index in CLASSES_3D. */
  labels: number[];
}

/**
 * The box [9] (as {@link DecodedBoxes}) of ten codes that start at `from`:
 * sizes are logarithms, yaw a sine and a cosine.
 */
export function decodeCode(code: ArrayLike<number>, from: number): number[] {
  const at = (i: number) => code[from + i]!;
  return [
    ...[at(0), at(1), at(2)],
    ...[Math.exp(at(3)), Math.exp(at(4)), Math.exp(at(5))],
    Math.atan2(at(6), at(7)),
    ...[at(8), at(9)],
  ];
}

/**
 * The best pairs of query and class; a query may appear with several classes.
 * @param logits [n, classes] of the last layer.
 * @param codes [n, 10]
 */
export function decodeBoxes(
  logits: Float32Array,
  codes: Float32Array,
  { classes, maxBoxes, range, origin = "center" }: DecodeOptions,
): DecodedBoxes {
  const order = Array.from(logits.keys())
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, maxBoxes);
  const out: DecodedBoxes = { boxes: [], scores: [], labels: [] };
  for (const index of order) {
    const query = Math.floor(index / classes);
    const box = decodeCode(codes, query * 10);
    const inside = [0, 1, 2].every((axis) =>
      box[axis]! >= range[axis]! && box[axis]! <= range[axis + 3]!
    );
    if (!inside) continue;
    if (origin === "bottom") box[2]! -= box[5]! / 2;
    out.boxes.push(box);
    out.scores.push(1 / (1 + Math.exp(-logits[index]!)));
    out.labels.push(index % classes);
  }
  return out;
}
