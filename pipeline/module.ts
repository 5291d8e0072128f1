/**
 * Stage files: imported, and checked to hold a stage.
 * @module
 */
import { pathToFileURL } from "node:url";
import type { Problem, StageEntry } from "./config/mod.ts";
import type { Stage } from "./stage.ts";

/** The stage of a file; what is wrong with it is added to `problems`. */
export async function importStage(
  { uses, usesPlace }: StageEntry,
  problems: Problem[],
): Promise<Stage | null> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(uses).href);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot load ${uses}: ${reason}`;
    problems.push({ message, place: usesPlace });
    return null;
  }
  const lack = lackOf(module.default);
  if (lack === null) return module.default as Stage;
  const message = `${uses} has no stage as its default export: ${lack}; ` +
    "write `export default defineStage({ … })`";
  problems.push({ message, place: usesPlace });
  return null;
}

/** What a default export lacks of a stage; null if it is one. */
function lackOf(value: unknown): string | null {
  if (value === undefined) return "it exports no default";
  if (typeof value !== "object" || value === null) {
    return `its default is a ${typeof value}`;
  }
  const stage = value as Partial<Stage>;
  if (typeof stage.description !== "string") return "description is no text";
  if (typeof stage.version !== "number") return "version is no number";
  if (typeof stage.config?.safeParse !== "function") {
    return "config is no zod schema";
  }
  if (!Array.isArray(stage.inputs)) return "inputs is no list";
  return typeof stage.run === "function" ? null : "run is no function";
}
