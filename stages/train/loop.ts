/**
 * The training loop: feed, step, log, checkpoint. Straight down the page.
 * @module
 */
import type { Ranks } from "../../engine/ranks/mod.ts";
import type { StageContext } from "../../pipeline/stage.ts";
import { loadState, saveState, type StepperState } from "./checkpoint.ts";
import { nonFiniteAmong } from "./diagnose.ts";
import { Divergence, stopped } from "./divergence.ts";
import type { Batch, StreamPose } from "./batch.ts";
import { poseOf } from "./batch.ts";
import { Meter } from "./meter.ts";
import type { TrainSettings } from "./settings.ts";
import type { Validate } from "./validate.ts";

/** What one optimisation step tells. */
export interface StepReport {
  /** Sum of all terms. */
  loss: number;
  /** Terms by the reference's names. */
  terms: Record<string, number>;
  /** Global gradient norm before clipping. */
  gradNorm: number;
  /** Factor of the loss in this step's backward pass. */
  scale: number;
  /**
   * `overflow`: gradients too large for the loss scale, the step was skipped;
   * `diverged`: numbers that are not finite for no such reason, and the state
   * is that before the step.
   */
  outcome: "applied" | "overflow" | "diverged";
  /** Where it diverged, the first tensor that is not finite, in words. */
  source: string | null;
}

/** One training step with its state on the device. */
export interface Stepper {
  /**
   * @param lr Learning rate of group 0.
   * @param momentum Factor of AdamW's first beta, default 1.
   */
  step(batch: Batch, lr: number, momentum?: number): StepReport;
  /** The same with all processes of a launch, which must all call it. */
  stepTogether(
    batch: Batch,
    lr: number,
    momentum?: number,
  ): Promise<StepReport>;
  /** The state, read back to the host. */
  read(): StepperState;
  /** A state that was read, with what only other processes have of it. */
  gather(state: StepperState): Promise<StepperState>;
  /** Puts a saved state on the device. */
  write(state: StepperState): void;
}

/** Batches in order, from some iteration on. */
export interface Source {
  next(): Promise<Batch>;
  /** Waits for work under way, so that nothing outlives the loop. */
  close(): Promise<void>;
}

/** Everything that the loop turns. */
export interface Loop {
  context: StageContext<TrainSettings>;
  /** Processes that train together: all turn the same loop. */
  ranks: Ranks;
  stepper: Stepper;
  /** Begins to feed behind so many iterations. */
  open: (iteration: number, poses: StreamPose[]) => Source;
  /** Learning rate of group 0 at a 0-based iteration. */
  rate: (iteration: number) => number;
  /** Factor of AdamW's first beta; null: 1. */
  momentum: ((iteration: number) => number) | null;
  iterations: number;
  iterationsPerEpoch: number;
  /** Whether a compiler works during the first iteration. */
  compiles: boolean;
  /** Measures the weights of the moment; null: never. */
  validate: Validate | null;
}

/** How far a run is. */
interface Progress {
  iteration: number;
  poses: StreamPose[];
  /** Times that the run went back to a checkpoint after a divergence. */
  rollbacks: number;
}

/** Trains to the end, or throws the abort reason after a checkpoint. */
export async function runLoop(loop: Loop): Promise<void> {
  const { context: { config, emit }, iterations } = loop;
  const { retries } = config.on_divergence;
  let progress = await restore(loop);
  if (progress) {
    const text = `resumes at iteration ${progress.iteration} of ${iterations}`;
    emit({ type: "message", level: "info", text });
  }
  progress ??= { iteration: 0, poses: [], rollbacks: 0 };
  // Something to go back to, whatever happens first.
  if (progress.iteration === 0 && retries > 0) await save(loop, progress);
  for (;;) {
    try {
      return await trainFrom(loop, progress);
    } catch (error) {
      if (!(error instanceof Divergence)) throw error;
      progress = await rollBack(loop, progress, error);
    }
  }
}

async function trainFrom(loop: Loop, progress: Progress): Promise<void> {
  const { context, ranks, stepper, iterations } = loop;
  const { config, signal } = context;
  const factor = config.on_divergence.lr_factor ** progress.rollbacks;
  const source = loop.open(progress.iteration, progress.poses);
  const meter = new Meter(loop.iterationsPerEpoch);
  tellCompiler(loop);
  try {
    while (progress.iteration < iterations) {
      meter.start();
      const batch = await source.next();
      meter.fed();
      if (await ranks.any(signal.aborted)) {
        await save(loop, progress);
        await stop(loop);
      }
      const lr = loop.rate(progress.iteration) * factor;
      const momentum = loop.momentum?.(progress.iteration);
      const report = await stepper.stepTogether(batch, lr, momentum);
      const iteration = ++progress.iteration;
      guard(report, iteration);
      progress.poses = batch.frames.map(poseOf);
      meter.stepped(report, lr);
      meter.report(context, iteration, iterations, config.log_every);
      const due = iteration % config.checkpoint_every === 0;
      if (due && iteration < iterations) await save(loop, progress);
      const every = config.validation?.every ?? Infinity;
      if (iteration % every === 0) await loop.validate?.(iteration);
    }
    await sound(loop, progress);
  } finally {
    await source.close();
  }
}

/** The first step of a run may take minutes, and is no hang. */
function tellCompiler({ context, compiles }: Loop): void {
  if (!compiles) return;
  const text = "XLA compiles the step during the first iteration: one to " +
    "three minutes, seconds where an earlier run left it in the cache";
  context.emit({ type: "message", level: "info", text });
}

/** Throws where the step diverged. */
function guard(report: StepReport, iteration: number): void {
  if (report.outcome !== "diverged") return;
  const what = `the loss is ${report.loss}, the gradient norm ` +
    `${report.gradNorm}`;
  throw new Divergence(iteration, what, report.source);
}

/** Ends all processes where one was asked to stop. */
async function stop({ ranks, context }: Loop): Promise<never> {
  await ranks.close();
  context.signal.throwIfAborted();
  throw new DOMException("The run was interrupted", "AbortError");
}

/** The state, where all of it is finite. */
async function sound(loop: Loop, progress: Progress): Promise<StepperState> {
  const state = loop.stepper.read();
  const bad = nonFiniteAmong(state.tensors);
  if (!await loop.ranks.any(bad !== null)) return state;
  const what = "the loss is finite but the state is not";
  throw new Divergence(progress.iteration, what, bad);
}

async function save(loop: Loop, progress: Progress): Promise<void> {
  const { ranks, stepper, context } = loop;
  const state = await stepper.gather(await sound(loop, progress));
  if (ranks.rank === 0) {
    await saveState(context.scratch, { ...progress, ...state });
  }
  await ranks.barrier(); // others may go back to it from here on
}

/** Goes on from the last checkpoint, if there is one. */
async function restore({ context, stepper }: Loop): Promise<Progress | null> {
  const saved = await loadState(context.scratch);
  if (saved === null) return null;
  stepper.write(saved);
  const { iteration, poses, rollbacks } = saved;
  return { iteration, poses, rollbacks };
}

/** Back to the last good checkpoint, with a lower rate; or stops the run. */
async function rollBack(
  loop: Loop,
  { rollbacks }: Progress,
  divergence: Divergence,
): Promise<Progress> {
  const { context: { config, emit } } = loop;
  const { retries, lr_factor } = config.on_divergence;
  const good = await restore(loop);
  if (rollbacks >= retries || good === null) {
    throw stopped(divergence, good?.iteration ?? null, rollbacks);
  }
  const factor = lr_factor ** (rollbacks + 1);
  emit({
    type: "message",
    level: "warning",
    text: `${divergence.message} Goes back to iteration ${good.iteration}, ` +
      `learning rate x${factor} from here on (retry ${rollbacks + 1} of ` +
      `${retries})`,
  });
  return { ...good, rollbacks: rollbacks + 1 };
}
