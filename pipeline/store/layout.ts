/**
 * Where things lie in the store:
 *
 * ```
 * artifacts/<stage>/<short fingerprint>/   an artifact with its manifest.json
 * artifacts/runs/<run>/run.json, log.txt   what a run did
 * artifacts/runs/<run>/<stage>/            its scalars and TensorBoard events
 * artifacts/latest                         link to the newest run
 * artifacts/.work/<fingerprint>/           output and scratch of running stages
 * artifacts/.locks/, artifacts/.cache/     locks; hashes of files by stamp
 * artifacts/.ranks/<launch>/               what processes of a launch tell
 * ```
 * @module
 */
import { join } from "node:path";
import type { Fingerprint } from "../fingerprint/mod.ts";

/** The store's folder, relative to the project root. */
export const ROOT = "artifacts";

/** Folder of an artifact. */
export function artifactFolder(stage: string, print: Fingerprint): string {
  return join(ROOT, stage, print.slice(0, 12));
}

/** Folder in which a stage works until its artifact is published. */
export function workFolder(print: Fingerprint): string {
  return join(ROOT, ".work", print);
}

/** Lock file of a name: a fingerprint or a run. */
export function lockFile(name: string): string {
  return join(ROOT, ".locks", `${name}.lock`);
}

/** File of the cache. */
export function cacheFile(name: string): string {
  return join(ROOT, ".cache", `${name}.json`);
}

/** Folder of all launches over several processes. */
export const LAUNCHES = join(ROOT, ".ranks");

/** Folder of a launch over several processes. */
export function ranksFolder(launch: string): string {
  return join(LAUNCHES, launch);
}

/** Folder of a run. */
export function runFolder(id: string): string {
  return join(ROOT, "runs", id);
}

/** Folder of all runs. */
export const RUNS = join(ROOT, "runs");

/** Names in the store's folder that are no stages. */
export function isStageFolder(name: string): boolean {
  return !/^\.|^runs$|^latest\b/.test(name);
}
