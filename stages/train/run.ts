/**
 * The train stage: data, network, warm start, step, loop, artifact.
 * @module
 */
import type { Ranks } from "../../engine/ranks/mod.ts";
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import {
  buildAuxiliary,
  frozenRows,
  type TrainStep,
  trainStep,
} from "../../models/mod.ts";
import { sequenceGroups } from "../../nusc/loader/mod.ts";
import { framesOf, rootOf } from "../shared/dataset.ts";
import { chooseReducer, joinRanks, ownCores } from "../shared/ranks.ts";
import { startEngine } from "../shared/tensorflow.ts";
import { frameConfig, writeModel } from "./artifact.ts";
import type { StreamPose } from "./batch.ts";
import {
  auxiliaryConfig,
  buildModel,
  firstValues,
  type Model,
} from "./build.ts";
import { loadState } from "./checkpoint.ts";
import { runLoop, type Stepper } from "./loop.ts";
import { type Plan, planRun } from "./plan.ts";
import { loadPretrained } from "./pretrained.ts";
import { takeCheckpoint, trainsNothing } from "./published.ts";
import type { TrainSettings } from "./settings.ts";
import { openSource } from "./source.ts";
import { exportedOf } from "./state.ts";
import { createStepper } from "./stepper.ts";
import { unmatched } from "./trained.ts";
import { createValidation } from "./validate.ts";
import { type Matching, openMatching } from "./matching/mod.ts";
import { shareValues } from "./together.ts";
import { warmStart } from "./warmstart.ts";

/** A parameter that the warm start trains: who brings it, needs none. */
const WARM = "pts_bbox_head.position_encoder.0.weight";

/** The stage. */
export async function train(
  context: StageContext<TrainSettings>,
): Promise<void> {
  const { config } = context;
  if (trainsNothing(config.schedule)) return await publish(context);
  const ranks = joinRanks(context);
  const data = await openData(context, ranks);
  const network = await openNetwork(context);
  const { engine, model, step, values } = network;
  await warmUp(context, ranks, data, network);
  await shareValues(ranks, values);
  const reducer = await chooseReducer(context, ranks, engine);
  const { plan, open } = data;
  const freezes = config.warm_start?.freeze ?? false;
  using matching = matchingOf(context, engine.device);
  const stepper = createStepper({
    engine,
    matching,
    step,
    settings: config,
    values,
    ranks,
    reducer,
    frozen: (name, rows) => freezes ? frozenRows(model.head, name, rows) : null,
    onGrowth: (objects, bucket) => tellGrowth(context, objects, bucket),
  });
  await runLoop({
    context,
    ranks,
    stepper,
    open,
    rate: (iteration) => plan.lr * plan.factor(iteration),
    momentum: plan.momentum,
    iterations: plan.iterations,
    iterationsPerEpoch: plan.iterationsPerEpoch,
    compiles: config.jit ?? engine.device === "gpu",
    validate: ranks.rank === 0
      ? await createValidation({ context, engine, model, stepper })
      : null,
  });
  await reducer.close();
  await ranks.close();
  if (ranks.rank === 0) await writeArtifact(context, network, stepper);
}

type Context = StageContext<TrainSettings>;
type Data = Awaited<ReturnType<typeof openData>>;
type Network = Awaited<ReturnType<typeof openNetwork>>;

function matchingOf(context: Context, device: "cpu" | "gpu"): Matching {
  const { matching_threads: threads, batch: streams } = context.config;
  return openMatching({ threads, device, cores: ownCores(context), streams });
}

function tellGrowth({ emit }: Context, objects: number, bucket: number): void {
  const text = `a frame holds ${objects} objects: the step is recorded with ` +
    `${bucket} denoising queries a group, too`;
  emit({ type: "message", level: "info", text });
}

/** Without training, the checkpoint becomes the artifact. */
async function publish(context: Context): Promise<void> {
  const { config, launch } = context;
  const model = buildModel(config.model, config.image);
  const step = composeStep(config, model);
  if (launch && launch.rank > 0) return;
  await takeCheckpoint(context, step, model.detector);
}

/** Frames, how they are drawn, and how long the run is. */
async function openData(context: Context, ranks: Ranks) {
  const { config, inputs } = context;
  const infos = await framesOf(inputs.data!, config.split);
  const groups = sequenceGroups(
    infos,
    config.window ? "all" : config.sequence_split,
    config.sequence_order,
  );
  const plan = planRun(config, {
    frames: infos.length,
    sequences: config.window ? null : groups.length,
    processes: ranks.size,
  });
  const streams = config.batch * config.accumulate;
  const own = { first: ranks.rank * streams, count: streams };
  tellPlan(context, plan);
  const frames = frameConfig(config.image, config.model, config.augmentation);
  const drawn = {
    root: await rootOf(inputs.dataset!),
    infos,
    groups,
    config: frames,
    own,
    cores: ownCores(context),
  };
  const open = (iteration: number, poses: StreamPose[]) =>
    openSource(config, drawn, plan.globalBatch, iteration, poses);
  return { infos, plan, frames, open };
}

/** The network with its first weights, drawn or from a checkpoint. */
async function openNetwork(context: Context) {
  const { config } = context;
  const engine = await startEngine(context, config.threads);
  const model = buildModel(config.model, config.image);
  const step = composeStep(config, model);
  warn(context, unmatched(Object.keys(step.params), config.optimizer));
  const values = firstValues(step.params, config.model, config.seed);
  const { checkpoint } = config.model;
  const pretrained = checkpoint
    ? await loadPretrained(context, checkpoint, step.params)
    : {};
  Object.assign(values, pretrained);
  return { engine, model, step, values, isWarm: WARM in pretrained };
}

/** The warm start, unless the run goes on or has learned it before. */
async function warmUp(
  context: Context,
  ranks: Ranks,
  { infos, frames }: Data,
  { engine, model, step, values, isWarm }: Network,
): Promise<void> {
  const resumes = await loadState(context.scratch) !== null;
  if (!context.config.warm_start || resumes || isWarm) return;
  refuseOtherHeads(context.config);
  if (ranks.rank > 0) return;
  await warmStart({
    context,
    engine,
    head: model.head,
    specs: step.params,
    values,
    frames: infos,
    frameConfig: frames,
  });
}

/** Writes the detector, and the 2D head for who trains on. */
async function writeArtifact(
  { config, output }: Context,
  { step, values }: Network,
  stepper: Stepper,
): Promise<void> {
  const { tensors } = stepper.read();
  for (const name of Object.keys(step.params)) {
    const { data, shape } = exportedOf(tensors, config, name);
    values[name] = { data: data as Float32Array, shape };
  }
  await writeModel(output, step.params, values, {
    model: config.model,
    image: config.image,
  });
}

/** Only StreamPETR's head has the position embedding that warms up. */
function refuseOtherHeads({ model: { head } }: TrainSettings): void {
  if (head.type === "streampetr") return;
  throw new UserError(
    `Cannot warm up the head "${head.type}": train.warm_start teaches ` +
      "StreamPETR's position embedding. Leave it out, or set " +
      'train.model.head.type to "streampetr"',
  );
}

function tellPlan({ emit }: StageContext<unknown>, plan: Plan): void {
  emit({ type: "message", level: "info", text: plan.text });
  warn({ emit }, plan.warnings);
}

function warn(
  { emit }: Pick<StageContext<unknown>, "emit">,
  texts: readonly string[],
): void {
  for (const text of texts) emit({ type: "message", level: "warning", text });
}

/** The training step of the settings. */
export function composeStep(
  config: TrainSettings,
  { detector, head }: Model,
): TrainStep {
  const { denoising } = config.model;
  const focal = auxiliaryConfig(config.model, head);
  return trainStep({
    batch: config.batch,
    cameras: 6,
    head,
    denoising: denoising && {
      groups: denoising.groups,
      bucket: denoising.bucket,
      noiseScale: denoising.noise_scale,
      split: denoising.split,
    },
    focal,
    gridMask: config.image.grid_mask,
  }, { detector, focal: focal && buildAuxiliary(focal) });
}
