/**
 * evaluate-tracking: nuScenes tracking metrics of a submission. Writes the
 * devkit's `metrics_summary.json` and `metrics_details.json`.
 * @module
 */
import { z } from "zod";
import { defineStage, type StageContext } from "../pipeline/stage.ts";

const settings = z.strictObject({
  split: z.string().default("val").describe(
    "a split of create-data's if `data` is bound, else an official one",
  ),
});

export default defineStage({
  description: "tracking metrics: AMOTA, AMOTP and counts",
  version: 1,
  config: settings,
  inputs: ["dataset", "tracks"],
  optionalInputs: ["data"],
  async run(context) {
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => evaluate(context));
  },
});

async function evaluate(
  context: StageContext<z.output<typeof settings>>,
): Promise<void> {
  const { config, inputs } = context;
  const { openInput, selectionOf } = await import("./shared/dataset.ts");
  const { evaluateTracking, trackingTables } = await import(
    "../nusc/mod.ts"
  );
  const { reportMetrics } = await import("./shared/metrics.ts");
  const selection = await selectionOf(config.split, inputs.data);
  const evaluation = evaluateTracking(
    await openInput(inputs.dataset!),
    `${inputs.tracks}/tracking_results.json`,
    selection,
  );
  reportMetrics(context, evaluation, trackingTables(evaluation.summary));
}
