/**
 * Settings of the metric `tracking_nips_2019`.
 * Source: nuscenes-devkit, eval/tracking/configs/tracking_nips_2019.json and
 * eval/tracking/constants.py.
 * @module
 */
import {
  CLASS_RANGE,
  TRACKING_NAMES,
  type TrackingName,
} from "../../categories.ts";

/** Metrics at one score threshold. */
export const THRESHOLD_METRICS = [
  "recall",
  "motar",
  "gt",
  "mota",
  "motp",
  "mt",
  "ml",
  "faf",
  "tp",
  "fp",
  "fn",
  "ids",
  "frag",
  "tid",
  "lgd",
] as const;
/** One of {@link THRESHOLD_METRICS}. */
export type ThresholdMetric = (typeof THRESHOLD_METRICS)[number];

/** All metrics of a class; the first two are means over thresholds. */
export const TRACKING_METRICS = [
  "amota",
  "amotp",
  ...THRESHOLD_METRICS,
] as const;
/** One of {@link TRACKING_METRICS}. */
export type TrackingMetric = (typeof TRACKING_METRICS)[number];

/** Summed over classes; all others are averaged. */
export const SUMMED: readonly TrackingMetric[] = [
  "mt",
  "ml",
  "tp",
  "fp",
  "fn",
  "ids",
  "frag",
];

/** As `metrics_summary.json` holds it. */
export const TRACKING_CONFIG = {
  tracking_names: [...TRACKING_NAMES],
  pretty_tracking_names: Object.fromEntries(
    TRACKING_NAMES.map((
      name,
    ) => [name, name.charAt(0).toUpperCase() + name.slice(1)]),
  ),
  tracking_colors: {
    bicycle: "C9",
    bus: "C2",
    car: "C0",
    motorcycle: "C6",
    pedestrian: "C5",
    trailer: "C3",
    truck: "C1",
  },
  class_range: Object.fromEntries(
    ([
      "car",
      "truck",
      "bus",
      "trailer",
      "pedestrian",
      "motorcycle",
      "bicycle",
    ] as const)
      .map((name) => [name, CLASS_RANGE[name]]),
  ),
  dist_fcn: "center_distance",
  /** Metres between the centres of a match, xy plane, exclusive. */
  dist_th_tp: 2,
  min_recall: 0.1,
  max_boxes_per_sample: 500,
  /** Values where nothing is reached; -1: counted, see `worstValue`. */
  metric_worst: {
    amota: 0,
    amotp: 2,
    recall: 0,
    motar: 0,
    mota: 0,
    motp: 2,
    mt: 0,
    ml: -1,
    faf: 500,
    gt: -1,
    tp: 0,
    fp: -1,
    fn: -1,
    ids: -1,
    frag: -1,
    tid: 20,
    lgd: 20,
  } satisfies Record<TrackingMetric, number>,
  /** Recalls at which a class is measured. */
  num_thresholds: 40,
};

/** Settings of the metric for some classes. */
export type TrackingConfig = typeof TRACKING_CONFIG;

/** The official settings, or those for some classes only. */
export function trackingConfig(names: readonly TrackingName[]): TrackingConfig {
  const some = <T>(values: Record<string, T>) =>
    Object.fromEntries(
      Object.entries(values).filter(([name]) =>
        names.includes(name as TrackingName)
      ),
    );
  return {
    ...TRACKING_CONFIG,
    tracking_names: [...names],
    pretty_tracking_names: some(TRACKING_CONFIG.pretty_tracking_names),
    tracking_colors: some(
      TRACKING_CONFIG.tracking_colors,
    ) as TrackingConfig["tracking_colors"],
    class_range: some(TRACKING_CONFIG.class_range),
  };
}

/** Seconds between key frames, about; TID and LGD count in these. */
export const FRAME_SECONDS = 0.5;
