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
 * @param cost [m, n], added to.
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
  const predictions = cost.length / count;
  const rows = new Map<number, Float64Array>();
  for (let gt = 0; gt < count; gt++) {
    const label = labels[gt]!;
    let row = rows.get(label);
    if (row === undefined) {
      row = new Float64Array(predictions);
      for (let i = 0; i < predictions; i++) {
        row[i] = weight * focalCost(logits[i * classes + label]!);
      }
      rows.set(label, row);
    }
    const first = gt * predictions;
    for (let i = 0; i < predictions; i++) cost[first + i]! += row[i]!;
  }
}

function focalCost(logit: number): number {
  const odds = Math.exp(-logit);
  // As in float32, where a sure prediction rounds to 1.
  const p = Math.fround(1 / (1 + odds));
  let yes: number, no: number;
  if (logit > -12 && logit < 0) {
    // One logarithm instead of two, where neither rounding nor EPSILON shows.
    yes = -Math.log(1 + odds);
    no = yes - logit;
    yes += EPSILON * (1 + odds);
  } else {
    yes = Math.log(p + EPSILON);
    no = Math.log(1 - p + EPSILON);
  }
  return (1 - ALPHA) * p * p * no - ALPHA * (1 - p) * (1 - p) * yes;
}

/**
 * Adds the weighted sum of absolute differences of the first entries.
 *
 * @param cost [m, n], added to.
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
  const count = wanted.length / stride;
  const predictions = predicted.length / stride;
  const planes = weigh(predicted, stride, weights);
  const sums = new Float64Array(predictions);
  for (let gt = 0; gt < count; gt++) {
    sums.fill(0);
    for (let k = 0; k < width; k++) {
      const value = weights[k]! * wanted[gt * stride + k]!;
      const plane = planes[k]!;
      for (let i = 0; i < predictions; i++) {
        sums[i]! += Math.abs(plane[i]! - value);
      }
    }
    const first = gt * predictions;
    for (let i = 0; i < predictions; i++) cost[first + i]! += sums[i]!;
  }
}

/** The first entries of all rows, an array for each, times its weight. */
function weigh(
  rows: ArrayLike<number>,
  stride: number,
  weights: ArrayLike<number>,
): Float64Array[] {
  return Array.from(weights, (weight, k) => {
    const plane = new Float64Array(rows.length / stride);
    for (let i = 0; i < plane.length; i++) {
      plane[i] = weight * rows[i * stride + k]!;
    }
    return plane;
  });
}

/** Makes costs finite: NaN and +∞ become 100, −∞ becomes −100. */
export function limitCost(cost: Float64Array): void {
  for (let i = 0; i < cost.length; i++) {
    if (Number.isFinite(cost[i]!)) continue;
    cost[i] = cost[i] === -Infinity ? -100 : 100;
  }
}
