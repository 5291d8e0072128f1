/**
 * evaluate: nuScenes detection metrics of a submission. Writes the devkit's
 * `metrics_summary.json` and `metrics_details.json`.
 * @module
 */
import { z } from "zod";
import { defineStage, type StageContext } from "../pipeline/stage.ts";

const classes = z.enum([
  "car",
  "truck",
  "bus",
  "trailer",
  "construction_vehicle",
  "pedestrian",
  "motorcycle",
  "bicycle",
  "traffic_cone",
  "barrier",
]);

const settings = z.strictObject({
  split: z.string().default("val").describe(
    "a split of create-data's if `data` is bound, else an official one",
  ),
  classes: z.array(classes).min(1).optional().describe("default: all ten"),
  absent: z.enum(["zero", "skip"]).default("zero").describe(
    "classes without ground truth: `zero` counts them as the devkit does, " +
      "`skip` leaves them out of the means",
  ),
});

export default defineStage({
  description: "detection metrics: mAP, NDS and errors",
  version: 1,
  config: settings,
  inputs: ["dataset", "results"],
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
  const { detectionTables, evaluateDetection } = await import(
    "../nusc/mod.ts"
  );
  const { reportMetrics } = await import("./shared/metrics.ts");
  const selection = await selectionOf(config.split, inputs.data);
  const evaluation = evaluateDetection(
    await openInput(inputs.dataset!),
    `${inputs.results}/results_nusc.json`,
    {
      ...selection,
      classes: config.classes,
      absent: config.absent,
    },
  );
  reportMetrics(context, evaluation, detectionTables(evaluation.summary));
}
