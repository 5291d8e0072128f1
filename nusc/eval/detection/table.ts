/**
 * Metrics as tables for people.
 * @module
 */
import type { MetricTable } from "../common/table.ts";
import { ERRORS } from "./config.ts";
import type { DetectionMetrics } from "./metrics.ts";

/** The means, then a row per class. */
export function detectionTables(metrics: DetectionMetrics): MetricTable[] {
  const means = ["mATE", "mASE", "mAOE", "mAVE", "mAAE"];
  return [
    {
      title: "Detection",
      columns: ["mAP", "NDS", ...means],
      rows: [[
        metrics.mean_ap,
        metrics.nd_score,
        ...ERRORS.map((error) => metrics.tp_errors[error]),
      ]],
    },
    {
      title: "Detection by class",
      columns: ["class", "AP", "ATE", "ASE", "AOE", "AVE", "AAE"],
      rows: Object.entries(metrics.mean_dist_aps).map(([name, ap]) => [
        name,
        ap,
        ...ERRORS.map((error) => metrics.label_tp_errors[name]![error]),
      ]),
    },
  ];
}
