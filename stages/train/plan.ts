/**
 * How long and how fast a run trains: both follow from the size of the
 * dataset and of the global batch, by a rule that is printed.
 *
 * The reference writes the dataset's size and the number of GPUs into each
 * config by hand; forgetting to is the most frequent cause of bad results.
 * @module
 */
import { UserError } from "../../pipeline/stage.ts";
import {
  cosineSchedule,
  cyclicSchedule,
  type Schedule,
} from "../../models/mod.ts";
import type { TrainSettings } from "./settings.ts";

/** The reference's learning rate and the global batch that it is for. */
export const REFERENCE = { lr: 4e-4, batch: 16 } as const;

/** Length and pace of a run. */
export interface Plan {
  /** Samples of one optimizer step, over all streams, parts and processes. */
  globalBatch: number;
  /**
   * Optimizer steps that see as many frames as there are: rounded down with
   * streams, as the reference's configs write it, and up where it runs by
   * epochs, whose sampler fills the last batch.
   */
  iterationsPerEpoch: number;
  /** Optimizer steps in all. */
  iterations: number;
  /** Learning rate of group 0 where the schedule's factor is 1. */
  lr: number;
  /** Factor of the learning rate by 0-based iteration. */
  factor: Schedule;
  /** Factor of AdamW's first beta by 0-based iteration; null: it stays. */
  momentum: Schedule | null;
  /** The rule and its result, for people. */
  text: string;
  /** What is allowed but looks like a mistake. */
  warnings: string[];
}

/** What a plan depends on besides the settings. */
export interface Extent {
  frames: number;
  /** Runs of consecutive frames, one stream each at a time; null: clips. */
  sequences: number | null;
  /** Processes that train together, default 1. */
  processes?: number;
}

type Settings = Pick<
  TrainSettings,
  "batch" | "accumulate" | "optimizer" | "schedule"
>;

/**
 * Plans a run.
 * @throws {UserError} where the settings contradict each other or the data.
 */
export function planRun(settings: Settings, extent: Extent): Plan {
  const { batch, accumulate, schedule } = settings;
  const { frames, sequences, processes = 1 } = extent;
  const globalBatch = batch * accumulate * processes;
  if (globalBatch > frames) {
    throw new UserError(
      `Cannot make a global batch of ${globalBatch} (${
        product(settings, processes)
      }) of ${frames} frames. Lower train.batch or train.accumulate` +
        fewer(processes),
    );
  }
  if (sequences !== null && globalBatch > sequences) {
    throw new UserError(
      `Cannot feed a global batch of ${globalBatch} (${
        product(settings, processes)
      }) from ${sequences} sequences: every stream walks through one of its ` +
        "own. Lower train.batch or train.accumulate, or raise " +
        `train.sequence_split${fewer(processes)}`,
    );
  }
  const whole = sequences === null || schedule.by_epoch;
  const iterationsPerEpoch = whole
    ? Math.ceil(frames / globalBatch)
    : Math.floor(frames / globalBatch);
  const iterations = lengthOf(schedule, iterationsPerEpoch, globalBatch);
  const rate = rateOf(settings.optimizer, globalBatch);
  const streams = sequences === null ? "clips" : `${sequences} sequences`;
  return {
    globalBatch,
    iterationsPerEpoch,
    iterations,
    lr: rate.lr,
    factor: scheduleOf(schedule, iterations, iterationsPerEpoch),
    momentum: momentumOf(schedule, iterations),
    text: `${frames} frames in ${streams}, global batch ${globalBatch} ` +
      `(${product(settings, processes)}): ${iterationsPerEpoch} iterations ` +
      `an epoch, ${iterations} in all; ${rate.text}`,
    warnings: [...warningsOf(schedule, iterations), ...rate.warnings],
  };
}

/** More advice, where there are several processes. */
function fewer(processes: number): string {
  return processes > 1 ? ", or start fewer processes" : "";
}

function product({ batch, accumulate }: Settings, processes: number): string {
  return [
    `batch ${batch}`,
    ...accumulate > 1 ? [`accumulate ${accumulate}`] : [],
    ...processes > 1 ? [`${processes} processes`] : [],
  ].join(" x ");
}

function lengthOf(
  { iterations, epochs }: TrainSettings["schedule"],
  perEpoch: number,
  globalBatch: number,
): number {
  const byEpochs = Math.max(1, Math.round((epochs ?? 24) * perEpoch));
  if (iterations === null) return byEpochs;
  if (epochs !== null && iterations !== byEpochs) {
    throw new UserError(
      `The schedule contradicts itself: train.schedule.epochs ${epochs} are ` +
        `${byEpochs} iterations of global batch ${globalBatch}, ` +
        `train.schedule.iterations says ${iterations}. Set one of the two ` +
        "to null",
    );
  }
  return iterations;
}

/** Linear scaling (Goyal et al. 2017, section 2.1). */
function rateOf(
  { lr, base_batch: base }: TrainSettings["optimizer"],
  globalBatch: number,
): { lr: number; text: string; warnings: string[] } {
  if (lr === null && base !== null) {
    throw new UserError(
      `train.optimizer.base_batch ${base} says for which batch ` +
        "train.optimizer.lr is meant, but no lr is given. Set " +
        "train.optimizer.lr, or leave out base_batch for the reference's " +
        `${REFERENCE.lr} at ${REFERENCE.batch}`,
    );
  }
  if (lr !== null && base === null) {
    const text = `lr ${lr} (as given, for any batch)`;
    return { lr, text, warnings: [] };
  }
  const from = { lr: lr ?? REFERENCE.lr, batch: base ?? REFERENCE.batch };
  const scaled = from.lr * globalBatch / from.batch;
  const source = lr === null ? ", the reference's" : "";
  return {
    lr: scaled,
    text: `lr ${Number(scaled.toPrecision(6))} = ${from.lr} x ` +
      `${globalBatch}/${from.batch} (linear in the batch${source})`,
    warnings: largeBatch(scaled, globalBatch),
  };
}

/** Beyond 16 samples the reference itself scales less than linearly. */
function largeBatch(lr: number, globalBatch: number): string[] {
  const own = globalBatch > REFERENCE.batch &&
    Math.abs(lr / globalBatch - REFERENCE.lr / REFERENCE.batch) < 1e-9;
  return own
    ? [
      `The linear rule gives lr ${Number(lr.toPrecision(6))} for a global ` +
      `batch of ${globalBatch}; the reference, linear up to 16, has 6e-4 at ` +
      "32. For less, set train.optimizer.lr and base_batch=null",
    ]
    : [];
}

function scheduleOf(
  schedule: TrainSettings["schedule"],
  iterations: number,
  iterationsPerEpoch: number,
): Schedule {
  if (schedule.policy === "cyclic") {
    return cycle(schedule, iterations, schedule.target_ratio);
  }
  return cosineSchedule({
    iterations,
    warmupIterations: schedule.warmup_iterations,
    warmupRatio: schedule.warmup_ratio,
    minLrRatio: schedule.min_lr_ratio,
    hold: schedule.by_epoch ? iterationsPerEpoch : 1,
  });
}

function cycle(
  { step_ratio_up, cyclic_times }: TrainSettings["schedule"],
  iterations: number,
  targetRatio: readonly [number, number],
): Schedule {
  if (cyclic_times > iterations) {
    throw new UserError(
      `Cannot make ${cyclic_times} cycles (train.schedule.cyclic_times) of ` +
        `${iterations} iterations. Lower it, or train longer`,
    );
  }
  return cyclicSchedule({
    iterations,
    targetRatio,
    stepRatioUp: step_ratio_up,
    cycles: cyclic_times,
  });
}

function momentumOf(
  schedule: TrainSettings["schedule"],
  iterations: number,
): Schedule | null {
  const { policy, momentum_ratio: ratio } = schedule;
  if (ratio === null) return null;
  if (policy === "cyclic") return cycle(schedule, iterations, ratio);
  throw new UserError(
    "train.schedule.momentum_ratio moves with the cyclic policy, but " +
      `train.schedule.policy is ${policy}. Set it to null`,
  );
}

function warningsOf(
  {
    policy,
    warmup_iterations: warmup,
    step_ratio_up: up,
    cyclic_times: cycles,
  }: TrainSettings["schedule"],
  iterations: number,
): string[] {
  if (policy === "cosine" && warmup >= iterations) {
    return [
      `The warm-up (train.schedule.warmup_iterations ${warmup}) is as long ` +
      `as the training (${iterations} iterations): the learning rate never ` +
      "reaches its value",
    ];
  }
  const cycle = Math.floor(iterations / cycles);
  if (policy === "cyclic" && Math.floor(up * cycle) === 0) {
    return [
      `train.schedule.step_ratio_up ${up} of ${cycle} iterations is ` +
      "none: the cycle begins at its peak",
    ];
  }
  return [];
}
