/**
 * Checks of the machine and the store. A project adds its own by a module
 * that default-exports a function which returns checks.
 * @module
 */
import { statfsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Check } from "./stage.ts";
import { storeHealth } from "./store/mod.ts";

/** Modules with further checks, from the project root; absent ones are none. */
export const CHECK_MODULES = ["./stages/doctor.ts"];

/** All checks, each as soon as it is known. */
export async function* allChecks(
  modules: readonly string[] = CHECK_MODULES,
): AsyncGenerator<Check> {
  yield denoCheck(Deno.version.deno);
  yield diskCheck();
  yield await storeCheck();
  for (const path of modules) yield* moduleChecks(path);
}

/** Older versions lack process groups and permissions that are used here. */
export function denoCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNew = major > 2 || (major === 2 && minor >= 5);
  return {
    name: "Deno",
    status: isNew ? "ok" : "error",
    found: version,
    advice: "Install Deno 2.9 or later",
  };
}

function diskCheck(): Check {
  const { bavail, bsize } = statfsSync(".");
  const gigabytes = bavail * bsize / 1e9;
  return {
    name: "disk",
    status: gigabytes < 1 ? "error" : gigabytes < 10 ? "warning" : "ok",
    found: `${gigabytes.toFixed(1)} GB free`,
    advice: "Free some space, for instance with `gc --keep 1`",
  };
}

async function storeCheck(): Promise<Check> {
  const { artifacts, damaged } = await storeHealth();
  const problems = damaged.map(({ folder, reason }) => `${folder}: ${reason}`);
  return {
    name: "store",
    status: problems.length > 0 ? "warning" : "ok",
    found: [`${artifacts} artifacts`, ...problems].join("; "),
    advice: "Damaged artifacts are made again by the next run that needs them",
  };
}

async function* moduleChecks(path: string): AsyncGenerator<Check> {
  try {
    Deno.statSync(path);
  } catch {
    return;
  }
  try {
    const module: { default?: () => AsyncIterable<Check> | Iterable<Check> } =
      await import(pathToFileURL(resolve(path)).href);
    if (module.default) yield* module.default();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    yield { name: path, status: "error", found };
  }
}
