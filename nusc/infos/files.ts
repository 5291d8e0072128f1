/**
 * Sensor files that frames need, checked before any work starts.
 * @module
 */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatasetError } from "../errors.ts";
import type { Dataset } from "../tables/mod.ts";
import { CAMERAS } from "./types.ts";

/** File names shown of those that are absent. */
const SHOWN = 10;

/** @throws {DatasetError} that names absent images and LiDAR files */
export function checkFiles(dataset: Dataset, samples: readonly number[]): void {
  const folders = new Map<string, Set<string>>();
  const exists = (path: string) => {
    const folder = dirname(path);
    if (!folders.has(folder)) folders.set(folder, list(folder));
    return folders.get(folder)!.has(path.slice(folder.length + 1));
  };
  const absent: string[] = [];
  for (const sample of samples) {
    for (const channel of [...CAMERAS, "LIDAR_TOP"]) {
      const row = dataset.keyFrame(sample, channel);
      const path = `${dataset.root}/${dataset.sensorData.filename(row)}`;
      if (!exists(path)) absent.push(path);
    }
  }
  if (!absent.length) return;
  const all = samples.length * (CAMERAS.length + 1);
  const more = absent.length - SHOWN;
  throw new DatasetError(
    `Found no file for ${absent.length} of ${all} sensor readings:\n  ` +
      absent.slice(0, SHOWN).join("\n  ") +
      (more > 0 ? `\n  and ${more} more` : "") +
      "\nUnpack all sensor archives (blobs) of " +
      `${dataset.version} into ${dataset.root}, or choose scenes that are ` +
      "complete",
  );
}

function list(folder: string): Set<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set();
  }
}
