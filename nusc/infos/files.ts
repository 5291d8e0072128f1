/**
 * Sensor files that frames need, checked before any work starts.
 * @module
 */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatasetError } from "../errors.ts";
import type { Dataset } from "../tables/mod.ts";
import { inspectJpeg } from "./jpeg.ts";
import { CAMERAS } from "./types.ts";

/** Names shown of one folder. */
const SHOWN = 20;

/**
 * Looks whether all images and LiDAR files of samples are there.
 * @param samples rows of the dataset's `samples`
 * @throws {DatasetError} that names those that are absent
 */
export function checkFiles(dataset: Dataset, samples: readonly number[]): void {
  const exists = fileFinder();
  const absent: string[] = [];
  for (const sample of samples) {
    for (const channel of [...CAMERAS, "LIDAR_TOP"]) {
      const path = pathOf(dataset, sample, channel);
      if (!exists(path)) absent.push(path);
    }
  }
  if (!absent.length) return;
  const all = samples.length * (CAMERAS.length + 1);
  throw new DatasetError(
    `Found no file for ${absent.length} of ${all} sensor readings:` +
      linesOf(absent) + "\nUnpack all sensor archives (blobs) of " +
      `${dataset.version} into ${dataset.root}, or choose scenes that are ` +
      "complete",
  );
}

/**
 * Camera and LiDAR readings between key frames, and those without a file.
 * @param samples rows of the dataset's `samples` that they belong to
 */
export function absentSweeps(
  dataset: Dataset,
  samples: readonly number[],
): { count: number; absent: string[] } {
  const { sensorData, calibrations } = dataset;
  const channels = new Set<string>([...CAMERAS, "LIDAR_TOP"]);
  const used = calibrations.rows.map(({ channel }) => channels.has(channel));
  const wanted = new Set(samples);
  const exists = fileFinder();
  const absent: string[] = [];
  let count = 0;
  for (let row = 0; row < sensorData.rows; row++) {
    if (sensorData.isKeyFrame[row] || !used[sensorData.calibration[row]!]) {
      continue;
    }
    if (!wanted.has(sensorData.sample[row]!)) continue;
    count++;
    const path = `${dataset.root}/${sensorData.filename(row)}`;
    if (!exists(path)) absent.push(path);
  }
  return { count, absent };
}

/** Tells which files exist; reads each folder once. */
function fileFinder(): (path: string) => boolean {
  const folders = new Map<string, Set<string>>();
  return (path) => {
    const folder = dirname(path);
    if (!folders.has(folder)) folders.set(folder, list(folder));
    return folders.get(folder)!.has(path.slice(folder.length + 1));
  };
}

/**
 * Looks whether all images of samples have a header and an end.
 * @param samples rows of the dataset's `samples`
 * @throws {DatasetError} that names those that are damaged
 */
export function checkImages(
  dataset: Dataset,
  samples: readonly number[],
): void {
  const damaged = samples.flatMap((sample) =>
    CAMERAS.flatMap((channel) => {
      const path = pathOf(dataset, sample, channel);
      const found = inspectJpeg(path);
      return typeof found === "string" ? [`${path}: ${found}`] : [];
    })
  );
  if (!damaged.length) return;
  throw new DatasetError(
    `Found ${damaged.length} damaged among ` +
      `${samples.length * CAMERAS.length} images:${linesOf(damaged)}\nCopy ` +
      "these files again from the dataset's archives, or choose other scenes",
  );
}

function pathOf(dataset: Dataset, sample: number, channel: string): string {
  const row = dataset.keyFrame(sample, channel);
  return `${dataset.root}/${dataset.sensorData.filename(row)}`;
}

/** Paths line by line, with many of one folder cut short to a count. */
function linesOf(lines: readonly string[]): string {
  const folders = new Map<string, string[]>();
  for (const line of lines) {
    const folder = dirname(line);
    folders.set(folder, [...folders.get(folder) ?? [], line]);
  }
  return [...folders].map(([folder, own]) => {
    const more = own.length - SHOWN;
    return own.slice(0, SHOWN).map((line) => `\n  ${line}`).join("") +
      (more > 0 ? `\n  and ${more} more in ${folder}` : "");
  }).join("");
}

function list(folder: string): Set<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set();
  }
}
