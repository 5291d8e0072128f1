/**
 * Precision, confidence and errors over 101 steps of recall.
 * Source: nuscenes-devkit, eval/detection/algo.py, accumulate.
 * @module
 */
import { type CurveTable, curveTable } from "../common/curves.ts";
import { interpolate } from "../common/interpolate.ts";
import { type ErrorName, ERRORS } from "./config.ts";
import type { Matches } from "./match.ts";

/** Recall 0 to 1. */
export const STEPS = 101;

/**
 * [101] each; as `metrics_details.json` holds them. `recall` goes from 0 to 1
 * in steps of 0.01; `precision` and `confidence` (the score at which the
 * recall is reached) are 0 where it is not. The errors are means over all
 * matches up to that confidence: metres, 1 - IoU, radians, m/s, 1 - accuracy;
 * they mean something only where `confidence` is above 0.
 */
export type Curves =
  & Record<"recall" | "precision" | "confidence", Float64Array>
  & Record<ErrorName, Float64Array>;

/**
 * Precision, confidence and errors over recall as rows: `class`, `threshold`
 * (metres between matched centres), then the lists of {@link Curves}.
 * @param details curves by `class:threshold`, as an evaluation gives them
 */
export function detectionCurves(details: Record<string, Curves>): CurveTable {
  return curveTable(
    ["class", "threshold"],
    ["recall", "precision", "confidence", ...ERRORS],
    details,
    (key) => {
      const [name, threshold] = key.split(":") as [string, string];
      return [name, Number(threshold)];
    },
  );
}

function recallSteps(): Float64Array {
  return Float64Array.from({ length: STEPS }, (_, step) => step * 0.01);
}

/** Curves of a class that has no ground truth or no match. */
export function emptyCurves(): Curves {
  const ones = () => new Float64Array(STEPS).fill(1);
  return {
    recall: recallSteps(),
    precision: new Float64Array(STEPS),
    confidence: new Float64Array(STEPS),
    trans_err: ones(),
    vel_err: ones(),
    scale_err: ones(),
    orient_err: ones(),
    attr_err: ones(),
  };
}

/** @param positives boxes of ground truth, above 0 */
export function curvesOf(matches: Matches, positives: number): Curves {
  const { hit, score, matchScore, errors } = matches;
  if (!matchScore.length) return emptyCurves();
  const recalls = new Float64Array(hit.length);
  const precisions = new Float64Array(hit.length);
  let hits = 0;
  for (let i = 0; i < hit.length; i++) {
    hits += hit[i]!;
    recalls[i] = hits / positives;
    precisions[i] = hits / (i + 1);
  }
  const recall = recallSteps();
  const confidence = recall.map((step) => interpolate(step, recalls, score, 0));
  const ascending = matchScore.slice().reverse();
  const resample = (name: ErrorName) => {
    const means = runningMean(errors[name]).reverse();
    return confidence.map((step) => interpolate(step, ascending, means));
  };
  return {
    recall,
    precision: recall.map((step) => interpolate(step, recalls, precisions, 0)),
    confidence,
    ...Object.fromEntries(
      ERRORS.map((name) => [name, resample(name)]),
    ) as Record<ErrorName, Float64Array>,
  };
}

/**
 * Mean of all values so far that are no NaN; 0 before the first of them, and
 * 1 all along if there is none.
 */
function runningMean(values: Float64Array): Float64Array {
  if (values.every(Number.isNaN)) return values.map(() => 1);
  let sum = 0, count = 0;
  return values.map((value) => {
    if (!Number.isNaN(value)) {
      sum += value;
      count++;
    }
    return count ? sum / count : 0;
  });
}
