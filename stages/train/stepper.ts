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
  emaShare,
  type Plain,
  type Synchronize,
  type Tensors,
  type TrainStep,
} from "../../models/mod.ts";
import type { StepperState } from "./checkpoint.ts";
import type { Stepper, StepReport } from "./loop.ts";
import { below } from "./arrays.ts";
import { firstNonFinite } from "./diagnose.ts";
import { arraysOf, type Batch } from "./batch.ts";
import { type Group, groupsOf } from "./flat.ts";
import { type Machinery, passAll, type StepPart } from "./frames.ts";
import { HERE, type Matching } from "./matching/mod.ts";
import type { Attempt } from "./parts.ts";
import { recordGlance } from "./pass.ts";
import { type OnGrowth, Passes } from "./passes.ts";
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

/** Builds the stepper; recording takes seconds. */
export function createStepper(parts: StepperParts): Stepper {
  return new DeviceStepper(parts);
}

/** An update; nothing of it is kept yet. */
interface Update {
  next: Tensors;
  gradNorm: number;
  /** Whether gradients and new weights are finite. */
  finite: boolean;
}

class DeviceStepper implements Stepper {
  readonly #settings: TrainSettings;
  readonly #groups: Group[];
  readonly #machinery: Machinery;
  readonly #engine: TensorFlowEngine;
  /** Recorded once it is known which statistics move. */
  #update: ReturnType<typeof recordUpdate> | null = null;
  readonly #scaler: Scaler;
  readonly #ranks: Ranks;
  readonly #reducer: Reducer;
  readonly #share: Share;
  #state: Tensors;
  /** Updates so far, and batches seen: overflows make no update. */
  #steps = 0;
  #seen = 0;

  constructor(parts: StepperParts) {
    const { engine, settings, frozen, values } = parts;
    this.#ranks = parts.ranks ?? soloRanks();
    this.#reducer = parts.reducer ?? hostReducer(this.#ranks);
    this.#share = shareOf(this.#ranks, settings.accumulate);
    this.#settings = settings;
    this.#engine = engine;
    const { optimizer, window } = settings;
    const params = thawed(parts.step.params, optimizer.freeze, frozen);
    const step = { ...parts.step, params };
    const groups = groupsOf(trainedOf(params, optimizer, values, frozen));
    this.#groups = groups;
    const { synchronize } = parts;
    const recording = { engine, step, settings, groups, values, synchronize };
    this.#machinery = {
      settings,
      config: step.config,
      passes: new Passes(recording, parts.onGrowth),
      glance: window ? recordGlance(recording) : null,
      share: this.#share,
      matching: parts.matching ?? HERE,
      mark: parts.mark ?? (() => {}),
    };
    this.#scaler = new Scaler(lossScaling(settings));
    this.#state = firstState(step, groups, values, settings, this.#share);
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

  #passAll(batch: Batch): Attempt {
    const start = {
      ...this.#machinery,
      state: this.#state,
      scale: this.#scaler.scale,
      seen: this.#seen,
    };
    const attempt = passAll(start, batch);
    this.#seen++;
    return attempt;
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
    this.#machinery.mark("update");
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
