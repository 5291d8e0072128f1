/**
 * Metrics as tables for people.
 * @module
 */
import type { MetricTable } from "../common/table.ts";
import { TRACKING_METRICS } from "./config.ts";
import type { TrackingMetrics } from "./evaluate.ts";

/** The totals, then a row per class. */
export function trackingTables(metrics: TrackingMetrics): MetricTable[] {
  const columns = TRACKING_METRICS.map((name) => name.toUpperCase());
  const { label_metrics: byClass } = metrics;
  return [
    {
      title: "Tracking",
      columns,
      rows: [TRACKING_METRICS.map((name) => metrics[name])],
    },
    {
      title: "Tracking by class",
      columns: ["class", ...columns],
      rows: Object.keys(byClass.amota).map((name) => [
        name,
        ...TRACKING_METRICS.map((metric) => byClass[metric][name]!),
      ]),
    },
  ];
}
