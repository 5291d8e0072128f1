/**
 * Average precision, errors of true positives, and the nuScenes score.
 * Source: nuscenes-devkit, eval/detection/{algo,data_classes}.py.
 * @module
 */
import type { DetectionName } from "../../infos/types.ts";
import { nanMean } from "../common/interpolate.ts";
import { mean } from "../common/mean.ts";
import {
  type DetectionConfig,
  type ErrorName,
  ERRORS,
  thresholdKey,
  UNDEFINED_ERRORS,
} from "./config.ts";
import type { Curves } from "./curves.ts";

/** As `metrics_summary.json` holds it. */
export interface DetectionMetrics {
  /** Average precision by class and threshold such as `0.5`. */
  label_aps: Record<string, Record<string, number>>;
  /** Average precision by class, over the four thresholds. */
  mean_dist_aps: Record<string, number>;
  /** mAP: over classes and thresholds. */
  mean_ap: number;
  /** Metres, 1 - IoU, radians, m/s, 1 - accuracy; NaN if undefined. */
  label_tp_errors: Record<string, Record<ErrorName, number>>;
  /** Errors over the classes that define them; units as above. */
  tp_errors: Record<ErrorName, number>;
  /** 1 - error, at least 0. */
  tp_scores: Record<ErrorName, number>;
  /** nuScenes detection score. */
  nd_score: number;
  /** Seconds. */
  eval_time: number;
  /** Settings of the metric. */
  cfg: DetectionConfig;
  /** What the results file says of itself. */
  meta: unknown;
}

type Config = DetectionConfig;

/** Mean of the precision above a minimum, over recalls above a minimum. */
export function averagePrecision(curves: Curves, config: Config): number {
  const { min_precision: floor } = config;
  const from = firstStep(config);
  const above = curves.precision.slice(from).map((precision) =>
    Math.max(0, precision - floor)
  );
  return mean(above) / (1 - floor);
}

/** Mean of an error from the minimal recall to the one reached; else 1. */
export function averageError(
  curves: Curves,
  name: ErrorName,
  config: Config,
): number {
  const from = firstStep(config);
  const last = curves.confidence.findLastIndex((value) => value !== 0);
  return last < from ? 1 : mean(curves[name], from, last + 1);
}

function firstStep(config: Config): number {
  return Math.round(100 * config.min_recall) + 1;
}

/**
 * Puts the curves of all classes and thresholds together.
 * @param averaged classes that enter the means; all by default
 */
export function summarize(
  curves: (name: DetectionName, threshold: number) => Curves,
  config: Config,
  averaged?: readonly DetectionName[],
): Omit<DetectionMetrics, "eval_time" | "meta"> {
  const names = Object.keys(config.class_range) as DetectionName[];
  const entries = <T>(of: (name: DetectionName) => T) =>
    Object.fromEntries(names.map((name) => [name, of(name)]));
  const label_aps = entries((name) =>
    Object.fromEntries(
      config.dist_ths.map((threshold) => [
        thresholdKey(threshold),
        averagePrecision(curves(name, threshold), config),
      ]),
    )
  );
  const label_tp_errors = entries((name) => classErrors(name, curves, config));
  const mean_dist_aps = entries((name) =>
    mean(Object.values(label_aps[name]!))
  );
  const used = averaged ?? names;
  const mean_ap = mean(used.map((name) => mean_dist_aps[name]!));
  const tp_errors = byError((error) =>
    nanMean(used.map((name) => label_tp_errors[name]![error]))
  );
  const tp_scores = byError((error) => Math.max(0, 1 - tp_errors[error]));
  const scores = Object.values(tp_scores);
  const total = config.mean_ap_weight * mean_ap +
    scores.reduce((sum, score) => sum + score, 0);
  return {
    label_aps,
    mean_dist_aps,
    mean_ap,
    label_tp_errors,
    tp_errors,
    tp_scores,
    nd_score: total / (config.mean_ap_weight + scores.length),
    cfg: config,
  };
}

function classErrors(
  name: DetectionName,
  curves: (name: DetectionName, threshold: number) => Curves,
  config: Config,
): Record<ErrorName, number> {
  const undefinedErrors = UNDEFINED_ERRORS[name] ?? [];
  return byError((error) =>
    undefinedErrors.includes(error)
      ? NaN
      : averageError(curves(name, config.dist_th_tp), error, config)
  );
}

function byError(of: (error: ErrorName) => number): Record<ErrorName, number> {
  return Object.fromEntries(
    ERRORS.map((error) => [error, of(error)]),
  ) as Record<
    ErrorName,
    number
  >;
}
