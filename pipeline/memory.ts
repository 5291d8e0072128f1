/**
 * What to do where a stage has run out of memory. A project says so by a
 * module; without it, nothing is added.
 * @module
 */
import { resolve } from "node:path";
import type { PlannedStage } from "./plan.ts";

/** Settings that help, in numbers; null where memory is not the matter. */
export async function memoryHelp(
  error: { message: string; detail?: string },
  { entry, config }: Pick<PlannedStage, "entry" | "config">,
): Promise<string | null> {
  if (resolve(entry.uses) !== resolve("stages/train.ts")) return null;
  const { outOfMemory, waysOut } = await import("../stages/estimate.ts");
  return outOfMemory(`${error.message}\n${error.detail ?? ""}`)
    ? waysOut(config)
    : null;
}
