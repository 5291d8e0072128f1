/**
 * Which query is to find which object in 3D.
 *
 * Source: HungarianAssigner3D of exiawsh/StreamPETR, paper section 3 of DETR.
 * @module
 */
import { CODE_SIZE } from "./codes.ts";
import { addFocalCost, addL1Cost, limitCost } from "./costs.ts";
import { assignColumns, type Costs } from "./hungarian.ts";

/** Weights of matching; see {@linkcode MATCHING}. */
export interface Matching {
  /** Of the focal cost. */
  classWeight: number;
  /** Of the L1 cost. */
  boxWeight: number;
  /** Factor of each code entry on both sides (`match_costs`). */
  codeWeights: readonly number[];
  /** Compare velocities too (`match_with_velo`). */
  velocity: boolean;
}

/** The reference's weights, but for `codeWeights`. */
export const MATCHING = { classWeight: 2, boxWeight: 0.25, velocity: false };

/**
 * Costs [m, n] of matching m objects with n predictions.
 *
 * @param logits [n, classes]
 * @param predicted [n, 10] codes
 * @param labels [m]
 * @param wanted [m, 10] codes
 */
export function matchingCosts(
  logits: Float32Array,
  predicted: Float32Array,
  labels: ArrayLike<number>,
  wanted: Float32Array,
  matching: Matching,
): Costs {
  const rows = labels.length;
  const columns = predicted.length / CODE_SIZE;
  const data = new Float64Array(rows * columns);
  const classes = logits.length / columns;
  addFocalCost(data, logits, labels, classes, matching.classWeight);
  const compared = matching.velocity ? CODE_SIZE : CODE_SIZE - 2;
  const weights = matching.codeWeights.slice(0, compared)
    .map((weight) => Math.abs(weight) * matching.boxWeight);
  addL1Cost(data, predicted, wanted, CODE_SIZE, weights);
  limitCost(data);
  return { data, rows, columns };
}

/**
 * The object of each prediction [n], −1 for background; arguments are those
 * of {@linkcode matchingCosts}.
 */
export function match(
  logits: Float32Array,
  predicted: Float32Array,
  labels: ArrayLike<number>,
  wanted: Float32Array,
  matching: Matching,
): Int32Array {
  if (labels.length === 0) {
    return new Int32Array(predicted.length / CODE_SIZE).fill(-1);
  }
  return assignColumns(
    matchingCosts(logits, predicted, labels, wanted, matching),
  );
}
