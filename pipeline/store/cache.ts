/**
 * What can be computed again: remembered between processes.
 * @module
 */
import { isDiskFull } from "../disk.ts";
import { readJson, writeAtomically } from "./files.ts";
import { cacheFile } from "./layout.ts";

/** A remembered value, or null. */
export function readCache<T>(name: string): T | null {
  return readJson<T>(cacheFile(name));
}

/** Remembers a value, if the disk has room. */
export function writeCache(name: string, value: unknown): void {
  try {
    writeAtomically(cacheFile(name), JSON.stringify(value));
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}
