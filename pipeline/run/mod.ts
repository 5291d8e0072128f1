/**
 * Runs a plan: stage after stage, each only if its fingerprint is new.
 * @module
 */
import type { Emit, Outcome, StageSummary } from "../event.ts";
import type { Plan } from "../plan.ts";
import type { RunFolder } from "../store/mod.ts";
import { checkInputs } from "./inputs.ts";
import { makeStage, type Run, secondsSince, skipStage } from "./make.ts";
import { type Selection, selectStages } from "./select.ts";
import { Survey } from "./survey.ts";
import type { Team } from "./team.ts";

export { follow } from "./follow.ts";
export { onInterrupt } from "./interrupt.ts";
export { type Selection, selectStages } from "./select.ts";
export { type Forecast, forecast } from "./survey.ts";
export { Team } from "./team.ts";

/** How to run. */
export interface RunOptions extends Selection {
  /** Hash all files of artifacts instead of trusting size and time. */
  verify?: boolean;
}

/** Whom a run tells, and who may stop it. */
export interface RunContext {
  folder: RunFolder;
  signal: AbortSignal;
  emit: Emit;
  /** Processes that help; null: this one alone. */
  team: Team | null;
}

/**
 * Runs a plan to its end, or to the first stage that fails.
 * @throws {ConfigError} if an input is of a stage that is not to run; then
 * nothing has run
 */
export async function runPlan(
  plan: Plan,
  options: RunOptions,
  context: RunContext,
): Promise<Outcome> {
  const { signal, emit } = context;
  const selected = selectStages(plan.stages, options);
  await checkInputs(plan, selected, options.verify);
  const survey = new Survey(plan, options.verify);
  const run: Run = { ...context, survey, force: options.force ?? [] };
  const names = plan.stages.map(({ name }) => name);
  const start = performance.now();
  emit({ type: "started", config: plan.path, stages: names });
  const stages: StageSummary[] = [];
  let outcome: Outcome = "ok";
  try {
    for (const stage of plan.stages) {
      if (outcome === "ok" && signal.aborted) outcome = "interrupted";
      const isWanted = outcome === "ok" && selected.has(stage.name);
      const summary = isWanted
        ? await makeStage(run, stage)
        : await skipStage(run, stage);
      stages.push(summary);
      if (summary.status !== "failed") continue;
      outcome = signal.aborted ? "interrupted" : "failed";
    }
  } catch (error) {
    outcome = "failed";
    throw error;
  } finally {
    const seconds = secondsSince(start);
    context.folder.close(outcome === "ok" ? "finished" : outcome, seconds);
    emit({ type: "finished", outcome, seconds, stages });
  }
  return outcome;
}
