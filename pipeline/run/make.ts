/**
 * One stage of a run: its artifact is there, or is made, or cannot be made.
 * @module
 */
import type { Emit, StageSummary } from "../event.ts";
import { isCodeSame, type PlannedStage } from "../plan.ts";
import type { StageState } from "../state.ts";
import { type RunFolder, type StageRecord, sweep } from "../store/mod.ts";
import { lackOf } from "./inputs.ts";
import { StageFailure } from "./process.ts";
import { type Made, runStage } from "./stage.ts";
import { RankFailure, type Team } from "./team.ts";
import type { Survey } from "./survey.ts";

/** What the stages of a run share. */
export interface Run {
  folder: RunFolder;
  signal: AbortSignal;
  emit: Emit;
  /** Processes that help with stages made for several; null: this one alone. */
  team: Team | null;
  survey: Survey;
  /** Stages that run though nothing has changed. */
  force: readonly string[];
}

/** A stage that is not to run: its artifact may be there for others. */
export async function skipStage(
  { survey, folder }: Run,
  stage: PlannedStage,
): Promise<StageSummary> {
  const { name } = stage;
  const state = await survey.state(stage);
  const found = state?.status === "fresh" ? state : null;
  if (found) survey.keep(stage, found, found);
  const status = "skipped";
  folder.note(name, { status, seconds: 0, ...recordOf(found, found) });
  return { name, status, artifact: found?.folder ?? null, seconds: 0 };
}

/** A stage that is to run, unless its artifact is there. */
export async function makeStage(
  run: Run,
  stage: PlannedStage,
): Promise<StageSummary> {
  const { survey, folder, signal, emit } = run;
  const { name } = stage;
  const start = performance.now();
  const state = await survey.state(stage);
  let made: Made | null = null;
  try {
    made = await attempt(run, stage, state);
  } catch (error) {
    if (!signal.aborted || error instanceof RankFailure) {
      emit({ type: "error", stage: name, ...wordsOf(error) });
    }
  }
  if (state && made) survey.keep(stage, state, made);
  // Who runs a config again wants to see its results, new or not.
  for (const event of made?.status === "cached" ? made.tables : []) {
    emit({ type: "stage", stage: name, event });
  }
  const status = made?.status ?? "failed";
  const seconds = secondsSince(start);
  folder.note(name, { status, seconds, ...recordOf(state, made) });
  const artifact = made?.folder ?? null;
  const summary: StageSummary = { name, status, artifact, seconds };
  const isInterrupted = !made && signal.aborted;
  emit({ type: "stage-finished", stage: name, summary, isInterrupted });
  return summary;
}

/** @throws {StageFailure} */
async function attempt(
  run: Run,
  stage: PlannedStage,
  state: StageState | null,
): Promise<Made> {
  const { survey, emit, signal, team } = run;
  const { name } = stage;
  if (!state) throw new StageFailure(lackOf(name, survey.missing(stage)));
  const force = run.force.includes(name);
  if (state.status === "fresh" && !force) return { ...state, status: "cached" };
  if (!await isCodeSame(stage)) {
    throw new StageFailure(
      "Its code has changed since this run began; run again to use it",
    );
  }
  if (state.status === "stale" && state.damaged) {
    const text = `The ${state.reasons[0]}; it is made again`;
    emit({ type: "notice", level: "warning", stage: name, text });
  }
  return await runStage({
    stage,
    state,
    inputs: survey.inputs(stage),
    force,
    verify: survey.verify,
    signal,
    emit,
    team,
    onStart: () => begin(run, name, state),
  });
}

/** A stage starts to work: from here on the run has a folder. */
function begin(
  { folder, emit }: Run,
  stage: string,
  state: StageState,
): void {
  if (!folder.isOpen) {
    sweep();
    folder.open();
  }
  // Stays on record if this very process is killed.
  folder.note(stage, {
    status: "failed",
    seconds: 0,
    ...recordOf(state, null),
  });
  const reasons = state.status === "stale" ? state.reasons : ["forced"];
  emit({ type: "stage-started", stage, reasons });
}

function recordOf(
  state: StageState | null,
  made: { folder: string; digest: string } | null,
): Partial<StageRecord> {
  if (!state) return {};
  const { fingerprint } = state;
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

/** Seconds since a time, to the millisecond. */
export function secondsSince(start: number): number {
  return Math.round(performance.now() - start) / 1000;
}
