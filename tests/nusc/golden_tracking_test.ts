import { existsSync } from "node:fs";
import { evaluateTracking, openDataset } from "../../nusc/mod.ts";
import { compare, golden, goldenFolder, holds } from "./support.ts";

/**
 * Distances are rounded as on the machine of these recordings; another one's
 * BLAS may move a mean distance by up to 1e-9.
 */
const BOUND = Deno.env.has("GOLDEN_NUSC") ? 1e-9 : 1e-12;

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
  ["tracker/hungarian", "tracker/hungarian/tracking_result.json"],
].filter(([, file]) =>
  file!.startsWith("tracking/") || existsSync(`${goldenFolder()}/${file}`)
);

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
    holds(folder!, "metrics_summary", numbers, BOUND);
    const recorded = golden(`${folder}/metrics_details.json`);
    const curves = compare(plain(details), recorded);
    holds(folder!, "metrics_details", curves, BOUND);
  });
}
