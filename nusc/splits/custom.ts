/**
 * A dataset's own splits: `splits.json` beside its tables, scene names by
 * split, as nuscenes-devkit 1.2 reads it (utils/splits.py).
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { DatasetError } from "../errors.ts";

/**
 * Splits of a version's folder; none if it has no `splits.json`.
 * @throws {DatasetError} if the file is not {"name": ["scene-0001", …]}
 */
export function customSplits(folder: string): Record<string, string[]> {
  const path = `${folder}/splits.json`;
  if (!existsSync(path)) return Object.create(null);
  let splits: unknown;
  let problem = "another form";
  try {
    // Some editors put a byte order mark before everything.
    const text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
    splits = JSON.parse(text);
  } catch (error) {
    problem = (error as Error).message;
  }
  // Only names of the file are splits, not those that all objects have.
  if (isSplits(splits)) return Object.assign(Object.create(null), splits);
  throw new DatasetError(
    `Found ${problem} in ${path}, expected lists of scene names by split: ` +
      '{"night": ["scene-0103"]}. Correct or remove the file',
  );
}

function isSplits(value: unknown): value is Record<string, string[]> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((scenes) =>
      Array.isArray(scenes) && scenes.every((name) => typeof name === "string")
    );
}
