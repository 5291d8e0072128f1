/**
 * track: follows the detections of a submission from frame to frame. Writes
 * `tracking_results.json`, a nuScenes tracking submission.
 * @module
 */
import { z } from "zod";
import { defineStage, type StageContext } from "../pipeline/stage.ts";

const settings = z.strictObject({
  split: z.string().default("val").describe(
    "a split of create-data's if `data` is bound, else an official one",
  ),
  max_age: z.int().min(1).default(3).describe("misses that end a track"),
  min_score: z.number().min(0).max(1).default(0.25).describe(
    "detections below are ignored",
  ),
  reach: z.number().positive().default(2.5).describe(
    "metres between a track and its next detection, at most",
  ),
  matching: z.enum(["greedy", "hungarian"]).default("greedy").describe(
    "greedy: by score, each the nearest track; hungarian: all at once",
  ),
});

export default defineStage({
  description: "follow detections from frame to frame",
  version: 1,
  config: settings,
  inputs: ["dataset", "results"],
  optionalInputs: ["data"],
  async run(context) {
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => track(context));
  },
});

async function track(
  { config, inputs, output, signal, emit }: StageContext<
    z.output<typeof settings>
  >,
): Promise<void> {
  const { openInput, selectionOf } = await import("./shared/dataset.ts");
  const { trackResults } = await import("../nusc/mod.ts");
  const selection = await selectionOf(config.split, inputs.data);
  await trackResults(
    await openInput(inputs.dataset!),
    `${inputs.results}/results_nusc.json`,
    `${output}/tracking_results.json`,
    {
      ...selection,
      maxAge: config.max_age,
      minScore: config.min_score,
      reach: config.reach,
      matching: config.matching,
      signal,
      onFrame: (done, total) =>
        emit({ type: "progress", unit: "frames", done, total }),
    },
  );
}
