/**
 * What detection and tracking metrics share.
 * @module
 */
export { checkCurvesPath, type CurveTable, writeCurves } from "./curves.ts";
export type { FilterCounts } from "./filter.ts";
export type { Selection } from "./samples.ts";
export type { MetricTable } from "./table.ts";
export { writeMetrics } from "./write.ts";
