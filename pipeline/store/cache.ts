/**
 * What can be computed again: remembered between processes.
 * @module
 */
import { readJson, writeAtomically } from "./files.ts";
import { cacheFile } from "./layout.ts";

/** A remembered value, or null. */
export function readCache<T>(name: string): T | null {
  return readJson<T>(cacheFile(name));
}

/** Remembers a value. */
export function writeCache(name: string, value: unknown): void {
  writeAtomically(cacheFile(name), JSON.stringify(value));
}
