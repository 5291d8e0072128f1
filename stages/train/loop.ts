/**
 * The training loop: feed, step, log, checkpoint. Straight down the page.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import { loadState, saveState, type StepperState } from "./checkpoint.ts";
import type { Batch, Feeder, StreamPose } from "./feeder.ts";
import { poseOf } from "./feeder.ts";
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
  /** @param rates learning-rate factor of this iteration (group 0's rate). */
  step(batch: Batch, lr: number): StepReport;
  /** The state, read back to the host. */
  read(): StepperState;
  /** Puts a saved state on the device. */
  write(state: StepperState): void;
}

/** Everything that the loop turns. */
export interface Loop {
  context: StageContext<TrainSettings>;
  stepper: Stepper;
  feeder: Feeder;
  /** Learning rate of group 0 at a 0-based iteration. */
  rate: (iteration: number) => number;
  iterations: number;
  iterationsPerEpoch: number;
  /** Measures the weights of the moment; null: never. */
  validate: Validate | null;
}

/** Trains to the end, or throws the abort reason after a checkpoint. */
export async function runLoop(loop: Loop): Promise<void> {
  const { context, stepper, feeder, rate, iterations } = loop;
  const { config, scratch, signal } = context;
  let iteration = 0;
  let poses: StreamPose[] = [];

  const saved = await loadState(scratch);
  if (saved) {
    ({ iteration, poses } = saved);
    stepper.write(saved);
    feeder.resume(iteration, poses);
    context.emit({
      type: "message",
      level: "info",
      text: `resumes at iteration ${iteration} of ${iterations}`,
    });
  }
  const save = () =>
    saveState(scratch, { iteration, poses, ...stepper.read() });

  const meter = new Meter(loop.iterationsPerEpoch);
  try {
    while (iteration < iterations) {
      meter.start();
      const batch = await feeder.next();
      meter.fed();
      if (signal.aborted) {
        await save();
        signal.throwIfAborted();
      }
      const lr = rate(iteration);
      const report = stepper.step(batch, lr);
      guard(report, iteration);
      poses = batch.frames.map(poseOf);
      iteration++;
      meter.stepped(report, lr);
      meter.report(context, iteration, iterations, config.log_every);
      const due = iteration % config.checkpoint_every === 0;
      if (due && iteration < iterations) await save();
      const every = config.validation?.every ?? Infinity;
      if (iteration % every === 0) await loop.validate?.(iteration);
    }
  } finally {
    await feeder.close();
  }
}

/** Stops a run whose last step diverged. */
function guard(report: StepReport, iteration: number): void {
  if (report.outcome !== "diverged") return;
  throw new UserError(
    `Training diverged at iteration ${iteration + 1}: the loss is ` +
      `${report.loss}, the gradient norm ${report.gradNorm}; the first tensor ` +
      `that is not finite is the ${report.source}. Nothing of this iteration ` +
      "was kept; the last checkpoint is finite. Lower train.optimizer.lr " +
      "(half is a good try) or, with the cyclic policy, the peak " +
      "train.schedule.target_ratio[0], and run again",
  );
}
