/**
 * Which stages of a plan are to run: `--only`, `--from`, `--until`.
 * @module
 */
import { check, didYouMean } from "../config/mod.ts";
import { ancestors } from "../order.ts";
import type { PlannedStage } from "../plan.ts";

/** What a user asks for beside the config. */
export interface Selection {
  /** Only these stages. */
  only?: string[];
  /** This stage and all that follow from it. */
  from?: string;
  /** This stage and all that it needs. */
  until?: string;
  /** Stages that run though nothing has changed. */
  force?: string[];
}

/**
 * Names of the stages to run.
 * @throws {ConfigError} unknown names, or options that leave no stage
 */
export function selectStages(
  stages: readonly PlannedStage[],
  selection: Selection,
): Set<string> {
  const names = stages.map(({ name }) => name);
  const { only = [], from, until, force = [] } = selection;
  const asked = [...only, from, until, ...force];
  const unknown = asked.filter((name) => name && !names.includes(name));
  check(unknown.map((name) => ({
    message: `Found no stage "${name}"${didYouMean(name!, names)}`,
  })));
  const choices = choicesOf(stages, selection);
  const chosen = names.filter((name) =>
    choices.every(({ stages }) => stages.includes(name))
  );
  check(chosen.length > 0 ? [] : [{ message: noneLeft(choices) }]);
  return new Set(chosen);
}

/** An option and the stages that it leaves, in the order of the plan. */
interface Choice {
  option: string;
  stages: string[];
}

function choicesOf(
  plan: readonly PlannedStage[],
  { only = [], from, until }: Selection,
): Choice[] {
  const names = plan.map(({ name }) => name);
  const choices: Choice[] = [];
  const add = (option: string, holds: (name: string) => boolean) =>
    choices.push({ option, stages: names.filter(holds) });
  if (only.length > 0) add("--only", (name) => only.includes(name));
  if (from) {
    add(
      `--from ${from}`,
      (name) => name === from || ancestors(plan, name).has(from),
    );
  }
  if (until) {
    const needed = ancestors(plan, until);
    add(`--until ${until}`, (name) => name === until || needed.has(name));
  }
  return choices;
}

function noneLeft(choices: readonly Choice[]): string {
  const told = choices.map(({ option, stages }) =>
    `${option} leaves ${stages.join(", ")}`
  );
  return `Found no stage to run: ${told.join("; ")}; no stage is in ` +
    `${choices.length > 2 ? "all of them" : "both"}. Drop one of the options`;
}
