/**
 * Clean-up: what no recent run uses.
 * @module
 */
import { basename, join } from "node:path";
import type { Fingerprint } from "../fingerprint/mod.ts";
import { dropOutput, readManifest } from "./artifact.ts";
import { list, remove, sizeOf } from "./files.ts";
import {
  isStageFolder,
  LAUNCHES,
  ranksFolder,
  ROOT,
  runFolder,
} from "./layout.ts";
import { tryLock } from "./lock.ts";
import { isAlive, readRuns, type RunRecord } from "./runs.ts";

/** Something that was removed, or would be. */
export interface Garbage {
  path: string;
  bytes: number;
}

/** What the clean-up did. */
export interface Collected {
  removed: Garbage[];
  /** Paths that a running pipeline uses: left for the next time. */
  busy: string[];
}

/**
 * Removes artifacts, scratch folders and runs that none of the last `keep`
 * runs of any config uses.
 */
export function collect(keep: number, dryRun: boolean): Collected {
  const result: Collected = { removed: [], busy: [] };
  const { kept, old } = splitRuns(keep);
  const used = new Set(
    kept.flatMap(({ stages }) =>
      Object.values(stages).map(({ artifact }) => artifact)
    ),
  );
  for (const stage of list(ROOT).filter(isStageFolder)) {
    for (const name of list(join(ROOT, stage))) {
      const path = join(ROOT, stage, name);
      if (used.has(path)) continue;
      const print = readManifest(path)?.fingerprint ?? name;
      discard(path, print, dryRun, result);
    }
    removeIfEmpty(join(ROOT, stage), dryRun);
  }
  for (const run of old) {
    discard(runFolder(run.id), `run-${run.id}`, dryRun, result);
  }
  const scratch = usedScratch(kept);
  for (const print of list(join(ROOT, ".work"))) {
    if (scratch.has(print as Fingerprint)) continue;
    discard(join(ROOT, ".work", print), print, dryRun, result);
  }
  if (!dryRun) removeIdleLocks();
  return result;
}

/** Fingerprints whose scratch a later run may resume from. */
function usedScratch(kept: RunRecord[]): Set<Fingerprint> {
  return new Set(
    kept.flatMap(({ stages }) =>
      Object.values(stages)
        .filter(({ status }) => status === "failed")
        .flatMap(({ fingerprint }) => fingerprint ?? [])
    ),
  );
}

/** The last runs of each config, and the others. */
function splitRuns(keep: number): { kept: RunRecord[]; old: RunRecord[] } {
  const runs = [...readRuns()].sort((a, b) => a.used < b.used ? 1 : -1);
  const counts = new Map<string, number>();
  const kept: RunRecord[] = [];
  const old: RunRecord[] = [];
  for (const run of runs) {
    const count = (counts.get(run.config) ?? 0) + 1;
    counts.set(run.config, count);
    const isKept = count <= keep ||
      (run.status === "running" && isAlive(run.id));
    (isKept ? kept : old).push(run);
  }
  return { kept, old };
}

function discard(
  path: string,
  lockName: string,
  dryRun: boolean,
  result: Collected,
): void {
  using lock = tryLock(lockName, "exclusive");
  if (!lock) {
    result.busy.push(path);
    return;
  }
  result.removed.push({ path, bytes: sizeOf(path) });
  if (!dryRun) remove(path);
  lock.close();
}

function removeIfEmpty(folder: string, dryRun: boolean): void {
  if (!dryRun && list(folder).length === 0) remove(folder);
}

function removeIdleLocks(): void {
  for (const file of list(join(ROOT, ".locks"))) {
    tryLock(basename(file, ".lock"), "exclusive")?.close();
  }
}

/**
 * Removes what killed runs have left: outputs that were never published.
 * Scratch folders stay, to resume from.
 */
export function sweep(): void {
  for (const print of list(join(ROOT, ".work")) as Fingerprint[]) {
    const lock = tryLock(print, "exclusive");
    if (!lock) continue;
    const child = tryLock(`${print}.child`, "exclusive");
    if (child) dropOutput(print);
    child?.close();
    lock.close();
  }
  for (const launch of list(LAUNCHES)) {
    using lock = tryLock(`ranks-${launch}`, "exclusive");
    if (lock) remove(ranksFolder(launch));
  }
}
