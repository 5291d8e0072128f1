/**
 * The metric `tracking_nips_2019` of a results file.
 * @module
 */
import { TRACKING_NAMES, type TrackingName } from "../../categories.ts";
import { readResults } from "../../results/mod.ts";
import type { Dataset } from "../../tables/mod.ts";
import { chooseClasses } from "../common/classes.ts";
import { BoxFilter } from "../common/filter.ts";
import { nanMean } from "../common/interpolate.ts";
import { mean } from "../common/mean.ts";
import {
  checkCoverage,
  type Selection,
  selectSamples,
} from "../common/samples.ts";
import { truthBoxes } from "../common/truth.ts";
import {
  SUMMED,
  THRESHOLD_METRICS,
  TRACKING_CONFIG,
  TRACKING_METRICS,
  type TrackingConfig,
  trackingConfig,
  type TrackingMetric,
} from "./config.ts";
import { type TrackingCurves, trackingCurves } from "./curves.ts";
import { buildTracks, timelinesOf, type TrackBox } from "./tracks.ts";

/** What to evaluate. */
export type TrackingOptions = Selection & {
  /** Default: all seven. */
  classes?: readonly TrackingName[];
};

/**
 * As `metrics_summary.json` holds it: AMOTP and MOTP in metres, TID and LGD in
 * seconds, FAF in false alarms a hundred frames, all others ratios or counts.
 */
export type TrackingMetrics = Record<TrackingMetric, number> & {
  /** By metric, then class; NaN for a class without ground truth. */
  label_metrics: Record<TrackingMetric, Record<string, number>>;
  /** Seconds. */
  eval_time: number;
  cfg: TrackingConfig;
  /** What the results file says of itself. */
  meta: unknown;
};

/** Metrics with the curves behind them. */
export interface TrackingEvaluation {
  /** What `metrics_summary.json` holds. */
  summary: TrackingMetrics;
  /** By class. */
  details: Record<string, TrackingCurves>;
  /** Classes without any ground truth. */
  absent: TrackingName[];
  /** What a reader of the numbers should know. */
  notes: string[];
}

/**
 * Evaluates a nuScenes tracking submission.
 * @throws {DatasetError} if tables are missing or damaged
 * @throws {ResultsError} if the results are
 */
export function evaluateTracking(
  dataset: Dataset,
  resultsPath: string,
  options: TrackingOptions,
): TrackingEvaluation {
  const started = performance.now();
  const names = chooseClasses(TRACKING_NAMES, options.classes);
  const selected = selectSamples(dataset, options);
  const results = readResults(resultsPath, "tracking", dataset.samples.index);
  const notes = checkCoverage(dataset, results, selected);
  const tracks = tracksOf(dataset, selected.samples, results.boxes);
  const details: Record<string, TrackingCurves> = {};
  const absent: TrackingName[] = [];
  for (const name of names) {
    const label = TRACKING_NAMES.indexOf(name);
    const own = (scenes: TrackBox[][][]) =>
      scenes.map((frames) =>
        frames.map((boxes) => boxes.filter((box) => box.label === label))
      );
    const truth = own(tracks.truth);
    if (!truth.flat(2).length) absent.push(name);
    details[name] = trackingCurves({
      truth,
      predictions: own(tracks.predictions),
    });
  }
  const label_metrics = labelMetrics(details);
  const totals = Object.fromEntries(
    TRACKING_METRICS.map((name) => [name, total(name, label_metrics[name])]),
  ) as Record<TrackingMetric, number>;
  const eval_time = (performance.now() - started) / 1000;
  return {
    summary: {
      label_metrics,
      eval_time,
      cfg: trackingConfig(names),
      ...totals,
      meta: results.meta,
    },
    details,
    absent,
    notes: [
      ...selected.notes,
      ...notes,
      ...(absent.length
        ? [
          `No ground truth of ${absent.join(", ")}: these are left out of ` +
          "all means and sums, as in the devkit",
        ]
        : []),
    ],
  };
}

function tracksOf(
  dataset: Dataset,
  samples: number[],
  predictions: Parameters<typeof buildTracks>[2],
) {
  const wanted = new Uint8Array(dataset.samples.rows.length);
  for (const sample of samples) wanted[sample] = 1;
  const filter = new BoxFilter(dataset, {
    labels: TRACKING_NAMES,
    ranges: TRACKING_NAMES.map((name) => TRACKING_CONFIG.class_range[name]!),
  });
  const truth = truthBoxes(dataset, samples, TRACKING_NAMES);
  const real = filter.filter(truth, wanted, truth.points).kept;
  const found = filter.filter(predictions, wanted).kept;
  const timelines = timelinesOf(dataset, samples);
  return {
    truth: buildTracks(dataset, timelines, truth, real, false),
    predictions: buildTracks(dataset, timelines, predictions, found, true),
  };
}

/** Single numbers of every class out of its curves. */
function labelMetrics(details: Record<string, TrackingCurves>) {
  const out = Object.fromEntries(
    TRACKING_METRICS.map((metric) => [metric, {}]),
  ) as Record<TrackingMetric, Record<string, number>>;
  for (const [name, curves] of Object.entries(details)) {
    // Of equal thresholds the one with the highest recall, which is first.
    const best = indexOfMaximum(curves.mota);
    for (const metric of THRESHOLD_METRICS) {
      out[metric][name] = curves[metric][best] ?? NaN;
    }
    const { amota, amotp } = TRACKING_CONFIG.metric_worst;
    out.amota[name] = meanOrWorst(curves.motar, amota);
    out.amotp[name] = meanOrWorst(curves.motp, amotp);
  }
  return out;
}

/** First index of the largest number, or -1 if there is none. */
function indexOfMaximum(values: Float64Array): number {
  let best = -1;
  values.forEach((value, i) => {
    if (!Number.isNaN(value) && !(value <= values[best]!)) best = i;
  });
  return best;
}

function meanOrWorst(values: Float64Array, worst: number): number {
  if (values.every(Number.isNaN)) return NaN;
  return mean(values.map((value) => Number.isNaN(value) ? worst : value));
}

/** Of all classes. */
function total(
  metric: TrackingMetric,
  byClass: Record<string, number>,
): number {
  const values = Object.values(byClass).filter((value) => !Number.isNaN(value));
  return SUMMED.includes(metric)
    ? values.reduce((sum, value) => sum + value, 0)
    : nanMean(values);
}
