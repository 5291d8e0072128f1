/**
 * Tracking metrics of a results file.
 *
 *     tracking.ts ROOT VERSION SPLIT RESULTS
 * @module
 */
import { evaluateTracking, openDataset } from "../../../nusc/mod.ts";
import { report } from "../../run/report.ts";

const [root, version, split, results] = Deno.args as [string, ...string[]];
await report(() => {
  const dataset = openDataset(root, version);
  const { summary } = evaluateTracking(dataset, results!, { split: split! });
  const { amota, amotp, ids } = summary;
  return { AMOTA: amota, AMOTP: amotp, IDS: ids };
});
