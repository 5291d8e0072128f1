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

/** Names of the stages to run. @throws {ConfigError} unknown names */
export function selectStages(
  stages: readonly PlannedStage[],
  { only, from, until, force = [] }: Selection,
): Set<string> {
  const names = stages.map(({ name }) => name);
  const asked = [...only ?? [], from, until, ...force];
  const unknown = asked.filter((name) => name && !names.includes(name));
  check(unknown.map((name) => ({
    message: `Found no stage "${name}"${didYouMean(name!, names)}`,
  })));
  return new Set(names.filter((name) => {
    if (only && only.length > 0 && !only.includes(name)) return false;
    if (from && name !== from && !ancestors(stages, name).has(from)) {
      return false;
    }
    return !until || name === until || ancestors(stages, until).has(name);
  }));
}
