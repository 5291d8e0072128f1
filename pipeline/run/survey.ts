/**
 * Which artifacts of a plan are there, stage by stage.
 * @module
 */
import type { Plan, PlannedStage } from "../plan.ts";
import { Externals, type StageState, stateOf } from "../state.ts";
import { lastStages, type StageRecord } from "../store/mod.ts";
import type { Input } from "./stage.ts";

/** Walks a plan in order and remembers the artifacts found or made. */
export class Survey {
  readonly #externals = new Externals();
  readonly #last: Map<string, StageRecord>;
  readonly #artifacts = new Map<string, Input>();

  /** @param verify hash all files instead of trusting size and time */
  constructor(plan: Plan, readonly verify = false) {
    this.#last = lastStages(plan.path);
  }

  /** The state of a stage, or null while an input's artifact is not there. */
  async state(stage: PlannedStage): Promise<StageState | null> {
    if (this.missing(stage).length > 0) return null;
    const digests = Object.fromEntries(
      Object.entries(this.inputs(stage)).map(([name, { digest }]) => [
        name,
        digest,
      ]),
    );
    return await stateOf(stage, digests, this.#last.get(stage.name), {
      externals: this.#externals,
      verify: this.verify,
    });
  }

  /** Stages whose artifacts a stage needs and that are not there. */
  missing({ needs }: PlannedStage): string[] {
    return [...new Set(Object.values(needs))]
      .filter((need) => !this.#artifacts.has(need));
  }

  /** Artifacts by input name; all of them are there. */
  inputs({ needs }: PlannedStage): Record<string, Input> {
    return Object.fromEntries(
      Object.entries(needs).map(([input, need]) => [
        input,
        this.#artifacts.get(need)!,
      ]),
    );
  }

  /** An artifact is there. */
  keep(
    { name }: PlannedStage,
    { fingerprint }: StageState,
    { folder, digest }: { folder: string; digest: string },
  ): void {
    this.#artifacts.set(name, { stage: name, fingerprint, folder, digest });
  }
}

/** What would happen to a stage. */
export interface Forecast {
  stage: string;
  /** `waits`: an input must be made first, and may turn out as it was. */
  status: "fresh" | "stale" | "waits" | "skipped";
  /** Why it is stale, or what it waits for. */
  reasons: string[];
  artifact: string | null;
}

/** Tells for each stage whether it would run, and runs nothing. */
export async function forecast(
  plan: Plan,
  { verify, selected, force = [] }: {
    verify?: boolean;
    selected?: Set<string>;
    force?: string[];
  } = {},
): Promise<Forecast[]> {
  const survey = new Survey(plan, verify);
  const forecasts: Forecast[] = [];
  for (const stage of plan.stages) {
    const state = await survey.state(stage);
    const isForced = force.includes(stage.name);
    const isSkipped = selected && !selected.has(stage.name);
    let told: Omit<Forecast, "stage">;
    if (!state) {
      const reasons = survey.missing(stage).map((need) => `waits for ${need}`);
      told = { status: "waits", reasons, artifact: null };
    } else if (state.status === "stale") {
      told = { status: "stale", reasons: state.reasons, artifact: null };
    } else if (isForced && !isSkipped) {
      told = { status: "stale", reasons: ["forced"], artifact: null };
    } else {
      survey.keep(stage, state, state);
      told = { status: "fresh", reasons: [], artifact: state.folder };
    }
    if (isSkipped) told = { ...told, status: "skipped", reasons: [] };
    forecasts.push({ stage: stage.name, ...told });
  }
  return forecasts;
}
