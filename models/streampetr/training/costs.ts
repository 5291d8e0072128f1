/**
 * Costs that matching adds up.
 *
 * Source: FocalLossCost of mmdet 2.28 (core/bbox/match_costs).
 * @module
 */

const ALPHA = 0.25;
const EPSILON = 1e-12;

/**
 * Adds what classification would cost: the focal loss (gamma 2) of every
 * prediction as each ground truth's class, less that as background.
 *
 * @param cost [n, m], added to.
 * @param logits [n, classes]
 * @param labels [m]
 */
export function addFocalCost(
  cost: Float64Array,
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  weight: number,
): void {
  const count = labels.length;
  const rows = cost.length / count;
  const columns = new Map<number, Float64Array>();
  for (let gt = 0; gt < count; gt++) {
    const label = labels[gt]!;
    let column = columns.get(label);
    if (column === undefined) {
      column = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        column[i] = weight * focalCost(logits[i * classes + label]!);
      }
      columns.set(label, column);
    }
    for (let i = 0; i < rows; i++) cost[i * count + gt]! += column[i]!;
  }
}

function focalCost(logit: number): number {
  // As in float32, where a sure prediction rounds to 1.
  const p = Math.fround(1 / (1 + Math.exp(-logit)));
  const positive = -ALPHA * (1 - p) ** 2 * Math.log(p + EPSILON);
  const negative = -(1 - ALPHA) * p ** 2 * Math.log(1 - p + EPSILON);
  return positive - negative;
}

/**
 * Adds the weighted sum of absolute differences of the first entries.
 *
 * @param cost [n, m], added to.
 * @param predicted [n, stride]
 * @param wanted [m, stride]
 * @param weights one a compared entry.
 */
export function addL1Cost(
  cost: Float64Array,
  predicted: ArrayLike<number>,
  wanted: ArrayLike<number>,
  stride: number,
  weights: ArrayLike<number>,
): void {
  const width = weights.length;
  const [a, b] = [predicted, wanted].map((rows) =>
    weigh(rows, stride, weights)
  );
  const [rows, count] = [a!.length / width, b!.length / width];
  for (let i = 0; i < rows; i++) {
    for (let gt = 0; gt < count; gt++) {
      let sum = 0;
      for (let k = 0; k < width; k++) {
        sum += Math.abs(a![i * width + k]! - b![gt * width + k]!);
      }
      cost[i * count + gt]! += sum;
    }
  }
}

/** The first entries of every row, each times its weight. */
function weigh(
  rows: ArrayLike<number>,
  stride: number,
  weights: ArrayLike<number>,
): Float64Array {
  const width = weights.length;
  const out = new Float64Array(rows.length / stride * width);
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / width);
    out[i] = weights[i % width]! * rows[row * stride + i % width]!;
  }
  return out;
}

/** Makes costs finite: NaN and +∞ become 100, −∞ becomes −100. */
export function limitCost(cost: Float64Array): void {
  for (let i = 0; i < cost.length; i++) {
    if (Number.isFinite(cost[i]!)) continue;
    cost[i] = cost[i] === -Infinity ? -100 : 100;
  }
}
