/**
 * Settings of the metric `detection_cvpr_2019`.
 * Source: nuscenes-devkit, eval/detection/configs/detection_cvpr_2019.json.
 * @module
 */
import { CLASS_RANGE, DETECTION_NAMES } from "../../categories.ts";
import type { DetectionName } from "../../infos/types.ts";

/** Errors of true positives, in the order of the results. */
export const ERRORS = [
  "trans_err",
  "scale_err",
  "orient_err",
  "vel_err",
  "attr_err",
] as const;
/** One of {@link ERRORS}. */
export type ErrorName = (typeof ERRORS)[number];

/** Errors without meaning for a class: NaN, and not averaged. */
export const UNDEFINED_ERRORS: Partial<
  Record<DetectionName, readonly ErrorName[]>
> = {
  traffic_cone: ["attr_err", "vel_err", "orient_err"],
  barrier: ["attr_err", "vel_err"],
};

/** As `metrics_summary.json` holds it. */
export interface DetectionConfig {
  /** Metres from the ego; its keys are the classes, in order. */
  class_range: Partial<Record<DetectionName, number>>;
  /** How far boxes are from each other: centres in the xy plane. */
  dist_fcn: "center_distance";
  /** Metres between the centres of a match, in the xy plane. */
  dist_ths: number[];
  /** The one of `dist_ths` that errors are measured at. */
  dist_th_tp: number;
  /** Recall from which curves are averaged. */
  min_recall: number;
  /** Precision that counts as none. */
  min_precision: number;
  /** More boxes in a sample are refused. */
  max_boxes_per_sample: number;
  /** Weight of mAP in NDS, against 1 for each error. */
  mean_ap_weight: number;
}

/** The official settings, or those for some classes only. */
export function detectionConfig(
  classes: readonly DetectionName[] = DETECTION_NAMES,
): DetectionConfig {
  return {
    class_range: Object.fromEntries(
      DETECTION_NAMES.filter((name) => classes.includes(name)).map((
        name,
      ) => [name, CLASS_RANGE[name]]),
    ),
    dist_fcn: "center_distance",
    dist_ths: [0.5, 1, 2, 4],
    dist_th_tp: 2,
    min_recall: 0.1,
    min_precision: 0.1,
    max_boxes_per_sample: 500,
    mean_ap_weight: 5,
  };
}

/** A threshold as the devkit writes it in keys: 1 is `1.0`. */
export function thresholdKey(threshold: number): string {
  return Number.isInteger(threshold) ? threshold.toFixed(1) : `${threshold}`;
}
