/**
 * The training step on the device: weights, moments and memory stay there;
 * only predictions come to the host and only targets go back.
 *
 * A step is one or more parts of a batch, each a forward and a backward pass,
 * then one update with the sum of their gradients. With windows, earlier
 * frames of the clips fill the memory first, and each of the last ones is a
 * frame to learn from: no gradient flows through the memory, so the sum over
 * frames is the gradient of the clip. State moves on only once
 * all numbers are known to be finite.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  hostReducer,
  type Ranks,
  type Reducer,
  soloRanks,
} from "../../engine/ranks/mod.ts";
import type { TensorFlowEngine } from "../../engine/tensorflow/mod.ts";
import {
  type Arrays,
  completeTargets,
  type Counts,
  countsOf,
  drawsOf,
  emaShare,
  inputSpecs,
  type Plain,
  type Prepared,
  prepareStep,
  random,
  type Sample,
  type Synchronize,
  targetSpecs,
  type Tensors,
  type TrainStep,
} from "../../models/mod.ts";
import type { StepperState } from "./checkpoint.ts";
import type { Stepper, StepReport } from "./loop.ts";
import { below, partOf, tensorsOf } from "./arrays.ts";
import { firstNonFinite } from "./diagnose.ts";
import { arraysOf, type Batch } from "./batch.ts";
import { type Group, groupsOf } from "./flat.ts";
import { HERE, type Matching } from "./matching/mod.ts";
import { Attempt, denoisingOf, memoryOf, memoryPrefix } from "./parts.ts";
import { recordGlance } from "./pass.ts";
import { type OnGrowth, Passes, type Recorded } from "./passes.ts";
import { lossScaling, Scaler } from "./scaling.ts";
import type { TrainSettings } from "./settings.ts";
import { firstState, readState, stateOf } from "./state.ts";
import {
  addUp,
  gatherMemory,
  type Share,
  shareOf,
  withoutOthers,
} from "./together.ts";
import { type FrozenRows, thawed, trainedOf } from "./trained.ts";
import { recordUpdate } from "./update.ts";

/** What a stepper is made of. */
export interface StepperParts {
  engine: TensorFlowEngine;
  /** For one part: `settings.batch` streams. */
  step: TrainStep;
  settings: TrainSettings;
  /** First values of all parameters, memory layout. */
  values: Record<string, Plain>;
  frozen: FrozenRows;
  /** Batch norms share their statistics over processes; else each its own. */
  synchronize?: Synchronize;
  /** Processes that train together; left out, this one alone. */
  ranks?: Ranks;
  /** Left out, the calling thread matches. */
  matching?: Matching;
  /** Sums their gradients; left out, in the host's memory. */
  reducer?: Reducer;
  /** Told when crowded frames need a recording of their own. */
  onGrowth?: OnGrowth;
  /** Told at the end of each part of a step, for profiles. */
  mark?: (part: StepPart) => void;
}

/** What a step does, in this order. */
export type StepPart =
  | "upload"
  | "early"
  | "read"
  | "match"
  | "late"
  | "update";

/** Builds the stepper; recording takes seconds. */
export function createStepper(parts: StepperParts): Stepper {
  return new DeviceStepper(parts);
}

/** A frame of all clips or streams, and what all its parts share. */
interface Whole {
  recorded: Recorded;
  batch: Batch;
  /** Counts the frames of this step that are learned from. */
  index: number;
  /** In front of the names of its terms, as the reference has them. */
  prefix: string;
  samples: Sample[];
  prepared: Prepared;
  /** Examples of the whole batch: the parts' losses have its divisors. */
  counts: Counts;
}

/** Keeps the random numbers of parts apart. */
const PART_SEED = 104729;

/** An update; nothing of it is kept yet. */
interface Update {
  next: Tensors;
  gradNorm: number;
  /** Whether gradients and new weights are finite. */
  finite: boolean;
}

class DeviceStepper implements Stepper {
  readonly #step: TrainStep;
  readonly #settings: TrainSettings;
  readonly #groups: Group[];
  readonly #passes: Passes;
  /** For earlier frames of clips. */
  readonly #glance: ReturnType<typeof recordGlance> | null;
  readonly #engine: TensorFlowEngine;
  /** Recorded once it is known which statistics move. */
  #update: ReturnType<typeof recordUpdate> | null = null;
  readonly #scaler: Scaler;
  readonly #ranks: Ranks;
  readonly #reducer: Reducer;
  readonly #share: Share;
  readonly #matching: Matching;
  readonly #mark: (part: StepPart) => void;
  #state: Tensors;
  /** Updates so far, and batches seen: overflows make no update. */
  #steps = 0;
  #seen = 0;

  constructor(parts: StepperParts) {
    const { engine, settings, frozen, values, step } = parts;
    this.#ranks = parts.ranks ?? soloRanks();
    this.#reducer = parts.reducer ?? hostReducer(this.#ranks);
    this.#share = shareOf(this.#ranks, settings.accumulate);
    this.#matching = parts.matching ?? HERE;
    this.#mark = parts.mark ?? (() => {});
    const { freeze } = settings.optimizer;
    this.#step = { ...step, params: thawed(step.params, freeze, frozen) };
    this.#settings = settings;
    const trained = trainedOf(
      this.#step.params,
      settings.optimizer,
      values,
      frozen,
    );
    this.#groups = groupsOf(trained);
    const groups = this.#groups;
    const recording = {
      engine,
      step: this.#step,
      settings,
      groups,
      values,
      synchronize: parts.synchronize,
    };
    this.#passes = new Passes(recording, parts.onGrowth);
    this.#glance = settings.window ? recordGlance(recording) : null;
    this.#engine = engine;
    this.#scaler = new Scaler(lossScaling(settings));
    this.#state = firstState(
      this.#step,
      groups,
      values,
      settings,
      this.#share,
    );
  }

  step(batch: Batch, lr: number, momentum = 1): StepReport {
    const attempt = this.#passAll(batch);
    const updated = this.#try(attempt, lr, momentum);
    const broken = this.#broken(batch, attempt, updated);
    return this.#settle(batch, attempt, updated, broken);
  }

  async stepTogether(
    batch: Batch,
    lr: number,
    momentum = 1,
  ): Promise<StepReport> {
    const attempt = this.#passAll(batch);
    await addUp(this.#ranks, this.#reducer, attempt);
    const updated = this.#try(attempt, lr, momentum);
    const broken = !updated?.finite &&
      await this.#ranks.any(this.#broken(batch, attempt, updated));
    return this.#settle(batch, attempt, updated, broken);
  }

  /**
   * Whether numbers are not finite for a reason that no loss scale explains:
   * an input or a weight is at fault, or the loss is, which only half precision
   * may excuse, as its scale comes later.
   */
  #broken(batch: Batch, { loss }: Attempt, updated: Update | null): boolean {
    if (updated?.finite) return false;
    const excused = Number.isFinite(loss) ||
      this.#settings.precision === "float16";
    return !excused || firstNonFinite({
          batch: arraysOfAll(batch),
          state: this.#state,
          groups: this.#groups,
          predictions: {},
          terms: {},
        }) !== null;
  }

  /**
   * Keeps what is sound of a step.
   * @param broken what is not finite is so for no reason of the loss scale.
   */
  #settle(
    batch: Batch,
    attempt: Attempt,
    updated: Update | null,
    broken: boolean,
  ): StepReport {
    const scale = this.#scaler.scale;
    const { loss, terms } = attempt;
    const gradNorm = updated?.gradNorm ?? NaN;
    const report = { loss, terms, gradNorm, scale };
    if (updated?.finite) {
      this.#scaler.hear(true);
      this.#commit({ ...attempt.fresh, ...updated.next });
      this.#steps++;
      tf.dispose(attempt.gradients);
      return { ...report, outcome: "applied", source: null };
    }
    const overflow = !broken && !Number.isFinite(gradNorm) &&
      this.#scaler.hear(false);
    const source = overflow ? null : this.#diagnose(batch, attempt, updated);
    // The forward pass of an overflow counts where it was sound.
    if (overflow && Number.isFinite(loss)) this.#commit(attempt.fresh);
    else tf.dispose(attempt.fresh);
    tf.dispose([attempt.gradients, updated?.next ?? []]);
    return { ...report, outcome: overflow ? "overflow" : "diverged", source };
  }

  /** All frames of a step, up to the first loss that is not finite. */
  #passAll(batch: Batch): Attempt {
    const { window } = this.#settings;
    const clip = [...batch.before ?? [], batch];
    const silent = window ? clip.length - window.grads : 0;
    const attempt = new Attempt();
    clip.slice(0, silent).forEach((frame) => this.#look(attempt, frame));
    for (let i = silent; i < clip.length; i++) {
      const prefix = window ? `frame_${i}_` : "";
      this.#passFrame(attempt, clip[i]!, i - silent, prefix);
      if (!Number.isFinite(attempt.loss)) break;
    }
    this.#seen++;
    return attempt;
  }

  /** All parts of a frame. */
  #passFrame(
    attempt: Attempt,
    batch: Batch,
    index: number,
    prefix: string,
  ): void {
    const { accumulate, seed } = this.#settings;
    const samples = batch.frames as unknown as Sample[];
    const fullest = Math.max(
      ...samples.map(({ labels }) => labels.labels.length),
    );
    const recorded = this.#passes.for(fullest);
    const { config } = recorded.step;
    const all = { ...config, batch: config.batch * this.#share.total };
    const numbers = random(`${seed}/${this.#seen}`);
    // Frames of a clip share their grid mask, as in the reference.
    const { gridMask, denoising } = drawsOf(numbers);
    const own = index === 0
      ? denoising
      : drawsOf(numbers.fork(`${index}`)).denoising;
    const prepared = prepareStep(all, samples, { gridMask, denoising: own });
    const counts = countsOf(all, samples, prepared.denoising);
    const whole = { recorded, batch, index, prefix, samples, prepared, counts };
    for (let part = 0; part < accumulate; part++) {
      this.#passPart(attempt, whole, part);
      if (!Number.isFinite(attempt.loss)) break;
    }
  }

  /** Fills the memory from an earlier frame of the clips. */
  #look(attempt: Attempt, batch: Batch): void {
    const { accumulate } = this.#settings;
    const specs = inputSpecs(this.#step.config);
    for (let part = 0; part < accumulate; part++) {
      const { first, total } = this.#share;
      const prefix = memoryPrefix(first + part, total);
      const state = { ...this.#state, ...attempt.fresh };
      const inputs = tensorsOf(partOf(arraysOf(batch), specs, part), specs);
      const given = { ...state, ...memoryOf(state, prefix), ...inputs };
      attempt.glance(this.#glance!.run(given), prefix);
      tf.dispose(inputs);
    }
  }

  #passPart(attempt: Attempt, whole: Whole, part: number): void {
    const { step: { config }, pass } = whole.recorded;
    const { first, total } = this.#share;
    const { samples, prepared, counts } = whole;
    const place = first + part;
    const prefix = memoryPrefix(place, total);
    const state = { ...this.#state, ...attempt.fresh };
    const inputs = this.#inputs(whole, part);
    const given = { ...state, ...memoryOf(state, prefix), ...inputs };
    this.#mark("upload");
    const { outputs, saved } = pass.early(given);
    this.#mark("early");
    attempt.forward(outputs, prefix);
    this.#mark("read");
    const stream = place * config.batch;
    const { arrays } = this.#matching.match(
      config,
      attempt.predictions,
      samples.slice(stream, stream + config.batch),
      denoisingOf(prepared.denoising, place, total),
    );
    const targets = tensorsOf(
      completeTargets(config, { arrays, counts }),
      targetSpecs(config),
    );
    this.#mark("match");
    const late = pass.late(saved, { ...given, ...targets });
    attempt.backward(config, late, whole.prefix);
    this.#mark("late");
    tf.dispose([inputs, targets]);
  }

  /** Of a part: its own arrays, and its share of what was drawn for all. */
  #inputs({ recorded, batch, index, prepared }: Whole, part: number): Tensors {
    const specs = inputSpecs(recorded.step.config);
    const { first, total } = this.#share;
    const place = first + part;
    const seed = this.#settings.seed + PART_SEED * (index * total + place);
    return {
      ...tensorsOf(partOf(arraysOf(batch), specs, part), specs),
      ...tensorsOf(partOf(prepared.inputs, specs, place), specs),
      scale: tf.scalar(this.#scaler.scale),
      seed: tf.tensor1d([seed, this.#seen], "int32"),
    };
  }

  /** The update, or null where the loss allows none. */
  #try(
    { gradients, fresh, loss }: Attempt,
    lr: number,
    momentum: number,
  ): Update | null {
    if (!Number.isFinite(loss)) return null;
    const { ema, optimizer } = this.#settings;
    this.#update ??= recordUpdate(
      this.#engine,
      this.#settings,
      this.#groups,
      statisticsOf(fresh),
    );
    const inputs = {
      lr: tf.scalar(lr),
      step: tf.scalar(this.#steps + 1),
      unscale: tf.scalar(1 / this.#scaler.scale),
      beta: tf.scalar(optimizer.betas[0] * momentum),
      share: tf.scalar(ema ? emaShare(this.#steps, ema) : 0),
    };
    const given = { ...this.#state, ...fresh, ...gradients, ...inputs };
    const { norms, ...next } = this.#update.run(given);
    const [gradNorm, weightNorm] = norms!.dataSync() as Float32Array;
    tf.dispose([inputs, norms!]);
    this.#mark("update");
    return {
      next,
      gradNorm: gradNorm!,
      finite: isFinite(gradNorm! + weightNorm!),
    };
  }

  #commit(next: Tensors): void {
    tf.dispose(Object.keys(next).map((name) => this.#state[name]!));
    this.#state = { ...this.#state, ...next };
  }

  #diagnose(
    batch: Batch,
    { predictions, terms, gradients }: Attempt,
    updated: Update | null,
  ): string | null {
    return firstNonFinite({
      batch: arraysOfAll(batch),
      state: this.#state,
      groups: this.#groups,
      predictions,
      terms,
      gradients,
      next: updated?.next,
    });
  }

  read(): StepperState {
    return {
      step: this.#steps,
      passes: this.#seen,
      scale: this.#scaler.save(),
      tensors: readState(this.#state, this.#groups),
    };
  }

  write({ step, passes, scale, tensors }: StepperState): void {
    this.#steps = step;
    this.#seen = passes;
    this.#scaler.load(scale);
    tf.dispose(this.#state);
    const own = withoutOthers(tensors, this.#share);
    this.#state = stateOf(own, this.#groups);
  }

  async gather(state: StepperState): Promise<StepperState> {
    const { tensors } = state;
    const all = await gatherMemory(this.#ranks, tensors, this.#share);
    return { ...state, tensors: all };
  }
}

/** Shapes of the running statistics among what forward passes moved. */
function statisticsOf(fresh: Tensors): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(below("weight.", fresh)).map(([name, x]) => [name, x.shape]),
  );
}

/** The arrays of all frames, named by their index in clips. */
function arraysOfAll(batch: Batch): Arrays {
  if (!batch.before) return arraysOf(batch);
  return Object.fromEntries(
    [...batch.before, batch].flatMap((frame, i) =>
      Object.entries(arraysOf(frame))
        .map(([name, data]) => [`frame_${i}_${name}`, data])
    ),
  );
}
