/**
 * train: streaming training of StreamPETR over sequences; resumes by itself.
 * @module
 */
import { defineStage } from "../pipeline/stage.ts";
import { trainSettings } from "./train/settings.ts";

export default defineStage({
  description: "train the detector on sequences of frames",
  version: 1,
  config: trainSettings,
  inputs: ["dataset", "data"],
  ranks: "together",
  // on_divergence only helps runs that else would have no result: a run that
  // stopped goes on from its checkpoint when retries are allowed later.
  untracked: [
    "threads",
    "matching_threads",
    "feeding",
    "log_every",
    "checkpoint_every",
    "validation",
    "on_divergence",
  ],
  externals: (config) =>
    config.model.checkpoint
      ? [{ path: config.model.checkpoint, by: "content" as const }]
      : [],
  async run(context) {
    const { train } = await import("./train/run.ts");
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => train(context));
  },
});
