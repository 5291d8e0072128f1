import assert from "node:assert/strict";
import { evaluateTracking, openDataset } from "../../nusc/mod.ts";
import { compare, golden, goldenFolder } from "./support.ts";

/**
 * The devkit forms distances as x² - 2xy + y² at coordinates of kilometres;
 * ours are exact, which moves a mean distance by up to 1.5e-9.
 */
const DISTANCE_BOUND = 2e-9;

function plain(details: Record<string, Record<string, Float64Array>>) {
  return Object.fromEntries(
    Object.entries(details).map(([name, curves]) => [
      name,
      Object.fromEntries(
        Object.entries(curves).map(([key, values]) => [key, [...values]]),
      ),
    ]),
  );
}

const CASES = [
  ["tracking", "tracking/tracking_results.json"],
  ["tracker/greedy", "tracker/greedy/tracking_result.json"],
];

for (const [folder, file] of CASES) {
  Deno.test(`the tracking metrics of ${file} equal the devkit's`, () => {
    const dataset = openDataset(`${goldenFolder()}/db`, "v1.0-mini");
    const { summary, details } = evaluateTracking(
      dataset,
      `${goldenFolder()}/${file}`,
      { split: "mini_val" },
    );
    const numbers = compare(summary, golden(`${folder}/metrics_summary.json`), {
      ignore: ["eval_time"],
    });
    assert(numbers.error <= DISTANCE_BOUND, JSON.stringify(numbers));
    const recorded = golden(`${folder}/metrics_details.json`);
    const curves = compare(plain(details), recorded);
    assert(curves.error <= DISTANCE_BOUND, JSON.stringify(curves));
    const counts = compare(plain(details), recorded, {
      ignore: ["motp"],
    });
    assert(counts.error <= 1e-12, JSON.stringify(counts));
  });
}
