/**
 * The training loop: feed, step, log, checkpoint. Straight down the page.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import { loadState, saveState, type TrainState } from "./checkpoint.ts";
import type { Batch, Feeder, StreamPose } from "./feeder.ts";
import { poseOf } from "./feeder.ts";
import { Meter } from "./meter.ts";
import type { TrainSettings } from "./settings.ts";

/** What one optimisation step tells. */
export interface StepReport {
  /** Sum of all terms. */
  loss: number;
  /** Terms by the reference's names. */
  terms: Record<string, number>;
  /** Global gradient norm before clipping. */
  gradNorm: number;
  /** False where a loss-scale overflow made the step be skipped. */
  applied: boolean;
}

/** One training step with its state on the device. */
export interface Stepper {
  /** @param rates learning-rate factor of this iteration (group 0's rate). */
  step(batch: Batch, lr: number): StepReport;
  /** The state, read back to the host. */
  read(): Pick<TrainState, "step" | "tensors">;
  /** Puts a saved state on the device. */
  write(state: Pick<TrainState, "step" | "tensors">): void;
  /** Name of the first weight, moment or memory entry that is not finite. */
  firstNonFinite(): string | null;
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
      guard(report, stepper, iteration);
      poses = batch.frames.map(poseOf);
      iteration++;
      meter.stepped(report, lr);
      meter.report(context, iteration, iterations, config.log_every);
      const due = iteration % config.checkpoint_every === 0;
      if (due && iteration < iterations) await save();
    }
  } finally {
    await feeder.close();
  }
}

/** Stops at the first loss that is not a number, before it spreads. */
function guard(report: StepReport, stepper: Stepper, iteration: number): void {
  const finite = Number.isFinite(report.loss + report.gradNorm);
  if (finite || !report.applied) return;
  const terms = Object.entries(report.terms)
    .filter(([, value]) => !Number.isFinite(value)).map(([name]) => name);
  const source = stepper.firstNonFinite();
  throw new UserError(
    `Training diverged at iteration ${iteration + 1}: the loss is ` +
      `${report.loss}, the gradient norm ${report.gradNorm} (terms that are ` +
      `not finite: ${terms.join(", ") || "none"}; ` +
      (source ? `first non-finite tensor: ${source}` : "all weights finite") +
      "). The last checkpoint is kept and is still finite. Lower " +
      "train.optimizer.lr (half is a good try) or, with the cyclic policy, " +
      "the peak train.schedule.target_ratio[0], and run again",
  );
}
