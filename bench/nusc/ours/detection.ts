/**
 * Detection metrics of a results file.
 *
 *     detection.ts ROOT VERSION SPLIT RESULTS
 * @module
 */
import { evaluateDetection, openDataset } from "../../../nusc/mod.ts";
import { report } from "../../run/report.ts";

const [root, version, split, results] = Deno.args as [string, ...string[]];
await report(() => {
  const dataset = openDataset(root, version);
  const { summary } = evaluateDetection(dataset, results!, { split: split! });
  return { mAP: summary.mean_ap, NDS: summary.nd_score };
});
