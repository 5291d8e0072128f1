/**
 * What stages will need, before anything starts: peak memory from the sizes
 * of the network's own recording, time from its FLOPs and the machine's rate.
 * @module
 */
import type { ExportSettings } from "./export.ts";
import {
  frameParts,
  type Parts,
  total,
  trainParts,
} from "./estimate/memory.ts";
import { measureNetwork } from "./estimate/network.ts";
import type { Machine } from "./estimate/machine.ts";
import { type TrainSettings, trainSettings } from "./train/settings.ts";

export { measureMachine } from "./estimate/machine.ts";
export { outOfMemory, waysOut } from "./estimate/remedy.ts";

/** A stage of a config, checked. */
export interface GivenStage {
  name: string;
  /** File of the stage, such as `train.ts`. */
  file: string;
  config: unknown;
  /** Stage by input. */
  needs: Record<string, string>;
}

/** What a stage will need. */
export interface Estimate {
  name: string;
  /** Bytes by part; null: not known. */
  memory: Parts | null;
  /** Null: not known before it has run once. */
  seconds: number | null;
}

/** True peaks and times were within these factors of the estimates. */
export const FACTORS = { memory: 1.3, time: 3 } as const;

/** A training pass computes about three times what a forward pass does. */
const PASSES = 3;

/** Estimates all stages. @param machine null leaves times out */
export function estimateStages(
  stages: readonly GivenStage[],
  machine: Machine | null,
): Estimate[] {
  return stages.map((stage) => {
    const { name, file } = stage;
    const none = { name, memory: null, seconds: null };
    if (file === "train.ts") {
      return { name, ...training(stage, stages, machine) };
    }
    if (file !== "export.ts" && file !== "infer.ts") return none;
    const train = upstream(stage, stages, "train.ts");
    if (!train) return none;
    return { name, ...frames(stage, stages, train, machine) };
  });
}

function training(
  stage: GivenStage,
  stages: readonly GivenStage[],
  machine: Machine | null,
): Omit<Estimate, "name"> {
  const settings = trainSettings.parse(stage.config);
  const { batch, accumulate, schedule, model, image } = settings;
  const count = framesOf(stage, stages, "train");
  const memory = trainParts(settings, count);
  const global = batch * accumulate;
  const iterations = schedule.iterations ??
    (count && Math.round((schedule.epochs ?? 24) * Math.floor(count / global)));
  if (machine === null || iterations === null) return { memory, seconds: null };
  const noised = model.denoising
    ? model.denoising.groups * model.denoising.bucket
    : 0;
  const { flops } = measureNetwork(model, image, noised);
  const again = model.backbone.with_cp ? 1 : 0;
  const seconds = iterations * global * (PASSES + again) * flops /
    machine.flops;
  return { memory, seconds };
}

function frames(
  stage: GivenStage,
  stages: readonly GivenStage[],
  train: GivenStage,
  machine: Machine | null,
): Omit<Estimate, "name"> {
  const { model, image } = trainSettings.parse(train.config) as TrainSettings;
  const size = measureNetwork(model, image);
  const kind = stage.file === "export.ts" ? "export" : "infer";
  const all = framesOf(stage, stages, "val");
  const limit = (stage.config as Partial<ExportSettings>).frames ?? Infinity;
  // One scene and two frames, by both networks.
  const count = all === null
    ? null
    : kind === "export"
    ? Math.min(42, limit + 2, all) * 2
    : all;
  return {
    memory: frameParts(size, kind),
    seconds: machine && count && 3 + count * size.flops / machine.flops,
  };
}

/** The nearest stage of a file that a stage needs, however indirectly. */
function upstream(
  { needs }: GivenStage,
  stages: readonly GivenStage[],
  file: string,
): GivenStage | null {
  for (const name of Object.values(needs)) {
    const stage = stages.find((each) => each.name === name);
    if (!stage) continue;
    const found = stage.file === file ? stage : upstream(stage, stages, file);
    if (found) return found;
  }
  return null;
}

/** Key frames of nuScenes' official splits. */
const OFFICIAL: Record<string, number> = {
  train: 28130,
  val: 6019,
  test: 6008,
  mini_train: 323,
  mini_val: 81,
};

/** Key frames of a split, where the settings tell. */
function framesOf(
  stage: GivenStage,
  stages: readonly GivenStage[],
  kind: "train" | "val",
): number | null {
  const world = upstream(stage, stages, "world.ts");
  if (world) {
    const config = world.config as Record<string, number>;
    return config[`${kind}_scenes`]! * config[`${kind}_frames`]!;
  }
  const data = upstream(stage, stages, "create-data.ts");
  const splits = (data?.config as { splits?: Record<string, unknown> })?.splits;
  const split = (stage.config as { split?: string }).split ?? kind;
  return OFFICIAL[String(splits?.[split] ?? split)] ?? null;
}

/** Bytes of all parts, null where they are not known. */
export function peakOf({ memory }: Estimate): number | null {
  return memory && total(memory);
}
