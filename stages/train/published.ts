/**
 * A training of no iterations: the checkpoint becomes the artifact as it is,
 * so that published weights are exported, evaluated and tracked like own ones.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import type { Detector, TrainStep } from "../../models/mod.ts";
import { writeModel } from "./artifact.ts";
import { firstValues } from "./build.ts";
import { loadPretrained } from "./pretrained.ts";
import type { TrainSettings } from "./settings.ts";

/** Whether the schedule asks for no iteration at all. */
export function trainsNothing(
  { iterations, epochs }: TrainSettings["schedule"],
): boolean {
  return iterations === 0 || epochs === 0;
}

/**
 * Writes the checkpoint's detector as the artifact.
 * @throws {UserError} when there is no checkpoint, or it lacks a part.
 */
export async function takeCheckpoint(
  context: StageContext<TrainSettings>,
  step: TrainStep,
  detector: Detector,
): Promise<void> {
  const { config, output } = context;
  const { checkpoint } = config.model;
  if (checkpoint === null) {
    throw new UserError(
      "train.schedule asks for no iterations, but train.model.checkpoint " +
        "names no weights to take instead. Name a file, or train",
    );
  }
  const values = firstValues(step.params, config.model, config.seed);
  const loaded = await loadPretrained(context, checkpoint, step.params);
  const missing = Object.entries(detector.params)
    .filter(([name, { init }]) => !(name in loaded) && init.kind !== "values")
    .map(([name]) => name);
  if (missing.length > 0) {
    throw new UserError(
      `${checkpoint} lacks ${missing.length} of the detector's parameters, ` +
        `such as "${missing[0]}", and train.schedule asks for no iterations ` +
        "to learn them. Take a checkpoint of a whole detector, or train",
    );
  }
  await writeModel(output, step.params, { ...values, ...loaded }, {
    model: config.model,
    image: config.image,
  });
}
