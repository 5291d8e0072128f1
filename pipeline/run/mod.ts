/**
 * Runs a plan: stage after stage, each only if its fingerprint is new.
 * @module
 */
import { check } from "../config/mod.ts";
import type { Emit, Outcome, StageSummary } from "../event.ts";
import type { Plan, PlannedStage } from "../plan.ts";
import type { StageState } from "../state.ts";
import { type RunFolder, sweep } from "../store/mod.ts";
import { StageFailure } from "./process.ts";
import { type Selection, selectStages } from "./select.ts";
import { type Made, runStage } from "./stage.ts";
import { Survey } from "./survey.ts";

export { killChildren } from "./process.ts";
export { type Selection, selectStages } from "./select.ts";
export { type Forecast, forecast } from "./survey.ts";

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
}

interface Run extends RunContext {
  survey: Survey;
  force: string[];
}

/**
 * Runs a plan to its end, or to the first stage that fails.
 * @throws {ConfigError} if an input is of a stage that is not to run
 */
export async function runPlan(
  plan: Plan,
  options: RunOptions,
  context: RunContext,
): Promise<Outcome> {
  const { signal, emit, folder } = context;
  const selected = selectStages(plan.stages, options);
  const survey = new Survey(plan, options.verify);
  const run: Run = { ...context, survey, force: options.force ?? [] };
  const names = plan.stages.map(({ name }) => name);
  const start = performance.now();
  emit({ type: "started", config: plan.path, stages: names });
  const stages: StageSummary[] = [];
  let outcome: Outcome = "ok";
  try {
    for (const stage of plan.stages) {
      if (signal.aborted) outcome = "interrupted";
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
    folder.record.seconds = seconds;
    folder.record.status = outcome === "ok" ? "finished" : outcome;
    folder.close();
    emit({ type: "finished", outcome, seconds, stages });
  }
  return outcome;
}

/** A stage that is not to run: its artifact may be there for others. */
async function skipStage(
  { survey, folder }: Run,
  stage: PlannedStage,
): Promise<StageSummary> {
  const { name } = stage;
  const state = await survey.state(stage);
  const summary: StageSummary = {
    name,
    status: "skipped",
    artifact: null,
    seconds: 0,
  };
  const record = { status: summary.status, seconds: 0 };
  folder.record.stages[name] = record;
  if (state?.status === "fresh") {
    survey.keep(stage, state, state);
    summary.artifact = state.folder;
    Object.assign(record, recordOf(state, state));
  }
  return summary;
}

/** A stage that is to run, unless its artifact is there. */
async function makeStage(run: Run, stage: PlannedStage): Promise<StageSummary> {
  const { survey, folder, signal, emit } = run;
  const { name } = stage;
  const start = performance.now();
  checkNeeds(run, stage);
  const state = (await survey.state(stage))!;
  const force = run.force.includes(name);
  let made: Made | null = null;
  try {
    if (state.status === "fresh" && !force) {
      made = { ...state, status: "cached" };
    } else made = await startStage(run, stage, state, force);
  } catch (error) {
    if (!signal.aborted) {
      emit({ type: "error", stage: name, ...wordsOf(error) });
    }
  }
  const summary: StageSummary = {
    name,
    status: made?.status ?? "failed",
    artifact: made?.folder ?? null,
    seconds: secondsSince(start),
  };
  folder.record.stages[name] = {
    status: summary.status,
    seconds: summary.seconds,
    ...recordOf(state, made),
  };
  if (made) survey.keep(stage, state, made);
  if (made && folder.isOpen) folder.link(name, made.folder);
  if (folder.isOpen) folder.save();
  const isInterrupted = !made && signal.aborted;
  emit({ type: "stage-finished", stage: name, summary, isInterrupted });
  return summary;
}

function startStage(
  { survey, folder, signal, emit }: Run,
  stage: PlannedStage,
  state: StageState,
  force: boolean,
): Promise<Made> {
  const { name } = stage;
  if (state.status === "stale" && state.damaged) {
    const text = `The ${state.reasons[0]}; it is made again`;
    emit({ type: "notice", level: "warning", stage: name, text });
  }
  return runStage({
    stage,
    state,
    inputs: survey.inputs(stage),
    force,
    verify: survey.verify,
    signal,
    emit,
    onStart() {
      if (!folder.isOpen) sweep();
      folder.record.stages[name] = {
        // Stays so if this very process is killed.
        status: "failed",
        seconds: 0,
        fingerprint: state.fingerprint,
      };
      if (folder.isOpen) folder.save();
      else folder.open();
      const reasons = state.status === "stale" ? state.reasons : ["forced"];
      emit({ type: "stage-started", stage: name, reasons });
    },
  });
}

/** Inputs come from stages that ran, or that are there already. */
function checkNeeds({ survey }: Run, stage: PlannedStage): void {
  check(
    survey.missing(stage).map((need) => ({
      message: `Stage "${stage.name}" needs the artifact of "${need}", which ` +
        "is not there and is not to be made; run without --only and --from",
    })),
  );
}

function recordOf(
  { fingerprint }: StageState,
  made: { folder: string; digest: string } | null,
) {
  return made
    ? { fingerprint, artifact: made.folder, digest: made.digest }
    : { fingerprint };
}

function wordsOf(error: unknown): { message: string; detail?: string } {
  if (error instanceof StageFailure) {
    const { message, detail } = error;
    return detail === undefined ? { message } : { message, detail };
  }
  const { message, stack } = error instanceof Error
    ? error
    : new Error(String(error));
  return stack === undefined ? { message } : { message, detail: stack };
}

function secondsSince(start: number): number {
  return Math.round(performance.now() - start) / 1000;
}
