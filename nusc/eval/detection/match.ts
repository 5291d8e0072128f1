/**
 * Matches predictions with ground truth: best score first, each takes the
 * nearest box that is still free.
 * Source: nuscenes-devkit, eval/detection/algo.py, accumulate.
 * @module
 */
import type { ResultBoxes } from "../../results/mod.ts";
import type { Groups } from "../../tables/mod.ts";
import type { TruthBoxes } from "../common/truth.ts";
import type { ErrorName } from "./config.ts";
import { boxErrors } from "./errors.ts";

/** Boxes of one class. */
export interface ClassBoxes {
  predictions: ResultBoxes;
  /** Indexes of predictions, best first. */
  order: Uint32Array;
  truth: TruthBoxes;
  /** Indexes of ground truth, and those by sample into them. */
  positives: Int32Array;
  bySample: Groups;
  /** Radians after which an orientation repeats. */
  period: number;
}

/** What matching at one threshold gave. */
export interface Matches {
  /** [predictions] 1 for a true positive; best score first. */
  hit: Uint8Array;
  /** [predictions] scores, descending. */
  score: Float64Array;
  /** [matches] scores, descending. */
  matchScore: Float64Array;
  /** [matches] by error; NaN where there is nothing to compare. */
  errors: Record<ErrorName, Float64Array>;
}

/** @param threshold metres, exclusive */
export function matchBoxes(boxes: ClassBoxes, threshold: number): Matches {
  const { predictions, order } = boxes;
  const taken = new Uint8Array(boxes.positives.length);
  const hit = new Uint8Array(order.length);
  const score = new Float64Array(order.length);
  const pairs: [prediction: number, truth: number][] = [];
  order.forEach((prediction, i) => {
    score[i] = predictions.score[prediction]!;
    const found = nearest(boxes, prediction, taken, threshold);
    if (found < 0) return;
    taken[found] = 1;
    hit[i] = 1;
    pairs.push([prediction, boxes.positives[found]!]);
  });
  return {
    hit,
    score,
    matchScore: Float64Array.from(pairs, ([p]) => predictions.score[p]!),
    errors: boxErrors(boxes, pairs),
  };
}

/** Place in `positives` of the nearest free box, or -1 if none is near. */
function nearest(
  boxes: ClassBoxes,
  prediction: number,
  taken: Uint8Array,
  threshold: number,
): number {
  const { predictions, truth, positives, bySample } = boxes;
  const sample = predictions.sample[prediction]!;
  const x = predictions.translation[3 * prediction]!;
  const y = predictions.translation[3 * prediction + 1]!;
  let best = -1, least = Infinity;
  const end = bySample.starts[sample + 1]!;
  for (let i = bySample.starts[sample]!; i < end; i++) {
    const place = bySample.rows[i]!;
    if (taken[place]) continue;
    const at = 3 * positives[place]!;
    const dx = x - truth.translation[at]!;
    const dy = y - truth.translation[at + 1]!;
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (distance < least) {
      least = distance;
      best = place;
    }
  }
  return least < threshold ? best : -1;
}
