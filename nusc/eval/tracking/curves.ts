/**
 * Metrics of one class over 40 recalls.
 * Source: nuscenes-devkit, eval/tracking/algo.py.
 * @module
 */
import { type CurveTable, curveTable } from "../common/curves.ts";
import { interpolate } from "../common/interpolate.ts";
import { accumulate, type ClassTracks } from "./accumulate.ts";
import {
  THRESHOLD_METRICS,
  type ThresholdMetric,
  TRACKING_CONFIG,
} from "./config.ts";
import { measure } from "./measure.ts";

/**
 * [40] each, from the highest recall to the lowest; NaN if not reached.
 * `recall_hypo` is the recall aimed at, `confidence` the track score that
 * reaches it; `motp` is in metres, `tid` and `lgd` in seconds, `faf` in false
 * alarms a hundred frames, all others are ratios or counts.
 */
export type TrackingCurves = Record<
  "confidence" | "recall_hypo" | ThresholdMetric,
  Float64Array
>;

/**
 * Metrics over recall as rows: `class`, then the lists of
 * {@link TrackingCurves}.
 * @param details curves by class, as an evaluation gives them
 */
export function trackingCurveTable(
  details: Record<string, TrackingCurves>,
): CurveTable {
  return curveTable(
    ["class"],
    ["recall_hypo", "confidence", ...THRESHOLD_METRICS],
    details,
    (name) => [name],
  );
}

const { num_thresholds: COUNT, dist_th_tp: REACH } = TRACKING_CONFIG;

/** Metrics of a class at all thresholds. */
export function trackingCurves(tracks: ClassTracks): TrackingCurves {
  const boxes = tracks.truth.flat(2);
  const blank = () => new Float64Array(COUNT).fill(NaN);
  const curves = Object.fromEntries(
    ["confidence", "recall_hypo", ...THRESHOLD_METRICS].map((
      name,
    ) => [name, blank()]),
  ) as TrackingCurves;
  if (!boxes.length) return curves;
  const { thresholds, recalls } = thresholdsOf(tracks, boxes.length);
  curves.confidence = thresholds;
  curves.recall_hypo = recalls;
  const reached = [...new Set(thresholds)].filter((t) => !Number.isNaN(t));
  const measured = new Map(
    reached.map((t) => [t, measure(accumulate(tracks, t, REACH))]),
  );
  const objects = new Set(boxes.map((box) => box.id)).size;
  for (const name of THRESHOLD_METRICS) {
    curves[name] = thresholds.map((threshold) =>
      reached.length
        ? measured.get(threshold)?.[name] ?? NaN
        : worstValue(name, boxes.length, objects)
    );
  }
  return curves;
}

/** Value of a class in which no recall was reached. */
function worstValue(
  name: ThresholdMetric,
  boxes: number,
  objects: number,
): number {
  const worst = TRACKING_CONFIG.metric_worst[name];
  if (worst !== -1) return worst;
  if (name === "ml") return objects;
  return name === "gt" || name === "fn" ? boxes : NaN;
}

/** Score thresholds at which recalls from 1 down to 0.1 are expected. */
function thresholdsOf(tracks: ClassTracks, boxes: number) {
  const scores = Float64Array.from(
    accumulate(tracks, null, REACH).matchScores,
  ).sort().reverse();
  if (!scores.length) {
    const none = () => new Float64Array(COUNT).fill(NaN);
    return { thresholds: none(), recalls: none() };
  }
  const achieved = scores.map((_, i) => (i + 1) / boxes);
  const recalls = recallSteps().reverse();
  const most = achieved.at(-1)!;
  const thresholds = recalls.map((recall) =>
    recall > most ? NaN : interpolate(recall, achieved, scores, 0)
  );
  return { thresholds, recalls };
}

/** From the least recall to 1, to twelve digits. */
function recallSteps(): Float64Array {
  const least = TRACKING_CONFIG.min_recall;
  const step = (1 - least) / (COUNT - 1);
  return Float64Array.from(
    { length: COUNT },
    (_, i) => Math.round((i * step + least) * 1e12) / 1e12,
  );
}
