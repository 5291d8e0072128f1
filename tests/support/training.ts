/**
 * Training steps without the loop around them, on batches of a tiny world.
 * @module
 */
import { GroupSampler, sequenceGroups } from "../../nusc/loader/mod.ts";
import { framesOf } from "../../stages/shared/dataset.ts";
import { frameConfig } from "../../stages/train/artifact.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import type { Batch } from "../../stages/train/batch.ts";
import { Feeder } from "../../stages/train/feeder.ts";
import type { StepperState } from "../../stages/train/checkpoint.ts";
import type { Stepper } from "../../stages/train/loop.ts";
import { composeStep } from "../../stages/train/run.ts";
import { createStepper } from "../../stages/train/stepper.ts";
import { useTensorFlow } from "./backend.ts";
import { type Inputs, tinySettings } from "./stages.ts";

/**
 * Settings of the tiniest network, without chance: one layer, no dropout, no
 * grid mask.
 */
export function plainSettings(overrides: Record<string, unknown> = {}) {
  const { model, image } = tinySettings();
  return tinySettings({
    model: {
      ...model,
      backbone: { ...model.backbone, norm: "affine" },
      head: { ...model.head, layers: 1, dropout: 0 },
    },
    image: { ...image, grid_mask: 0 },
    ...overrides,
  });
}

type Settings = ReturnType<typeof tinySettings>;

/** The first batches of so many streams. */
export async function firstBatches(
  inputs: Inputs,
  settings: Settings,
  streams: number,
  count: number,
): Promise<Batch[]> {
  const frames = await framesOf(inputs.data, "train");
  const groups = sequenceGroups(frames, settings.sequence_split);
  const feeder = new Feeder({
    root: `${inputs.dataset}/root`,
    frames,
    config: frameConfig(settings.image, settings.model, settings.augmentation),
    sampler: new GroupSampler(groups, streams, settings.seed),
    seed: settings.seed,
    cacheBytes: 1e8,
    threads: 0,
    prefetch: 1,
  });
  const batches: Batch[] = [];
  while (batches.length < count) {
    // The feeder takes the images' memory back.
    const batch = await feeder.next();
    batches.push({ ...batch, images: batch.images.slice() });
  }
  await feeder.close();
  return batches;
}

const made = new Map<string, { stepper: Stepper; first: StepperState }>();

/**
 * A stepper of these settings with its first weights. Recording takes time:
 * the next call with the same settings gives the same one, started anew.
 */
export async function tinyStepper(
  settings: Settings,
  copy = 0,
): Promise<Stepper> {
  const key = JSON.stringify([settings, copy]);
  const known = made.get(key);
  if (known) {
    known.stepper.write(known.first);
    return known.stepper;
  }
  const engine = await useTensorFlow();
  const model = buildModel(settings.model, settings.image);
  const step = composeStep(settings, model);
  const values = firstValues(step.params, settings.model, settings.seed);
  const frozen = () => null;
  const parts = { engine, step, settings, values, frozen };
  const stepper = createStepper(parts);
  made.set(key, { stepper, first: stepper.read() });
  return stepper;
}
