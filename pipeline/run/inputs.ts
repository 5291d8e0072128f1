/**
 * Inputs of stages that are run apart from the others.
 * @module
 */
import { check } from "../config/mod.ts";
import type { Plan } from "../plan.ts";
import { forecast } from "./survey.ts";

/**
 * Where only some stages are to run, the artifacts of the others that they
 * need must be there. @throws {ConfigError} which are not
 */
export async function checkInputs(
  plan: Plan,
  selected: Set<string>,
  verify?: boolean,
): Promise<void> {
  if (selected.size === plan.stages.length) return;
  const absent = new Set(
    (await forecast(plan, { verify, selected }))
      .filter(({ status, artifact }) => status === "skipped" && !artifact)
      .map(({ stage }) => stage),
  );
  check(
    plan.stages.filter(({ name }) => selected.has(name)).flatMap((stage) => {
      const needs = new Set(Object.values(stage.needs));
      const lacks = [...needs].filter((need) => absent.has(need));
      return lacks.length > 0 ? [{ message: lackOf(stage.name, lacks) }] : [];
    }),
  );
}

/** A sentence about artifacts that a stage needs and that are not there. */
export function lackOf(stage: string, needs: string[]): string {
  const names = needs.map((need) => `"${need}"`).join(" and ");
  return `Stage "${stage}" needs the artifact of ${names}, which is not ` +
    "there and is not to be made; run without --only and --from";
}
