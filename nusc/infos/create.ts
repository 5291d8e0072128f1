/**
 * create-data: the infos of chosen scenes.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { selectScenes } from "../splits.ts";
import type { Dataset } from "../tables/dataset.ts";
import type { Sample } from "../tables/rows.ts";
import { frameInfo, type FrameOptions } from "./frame.ts";
import { jpegSize } from "./jpeg.ts";
import { CAMERAS, type FrameInfo } from "./types.ts";

/** Settings of {@link createInfos}. */
export interface CreateOptions {
  maxSweeps?: number;
  /** Look for every sensor file first, and read image sizes from headers. */
  checkFiles?: boolean;
}

/**
 * Infos of all key frames of the scenes, scene by scene in the tables' order.
 * @param scenes names of scenes; see {@link selectScenes} for splits.
 * @throws {DatasetError} naming all absent sensor files at once.
 */
export function* createInfos(
  dataset: Dataset,
  scenes: readonly string[],
  options: CreateOptions = {},
): Generator<FrameInfo, void> {
  const { maxSweeps = 10, checkFiles = true } = options;
  const samples = samplesOf(dataset, scenes);
  if (checkFiles) requireFiles(dataset, samples.flat());
  const frame: FrameOptions = {
    maxSweeps,
    imageSize: checkFiles
      ? (data) => jpegSize(`${dataset.root}/${data.filename}`)
      : (data) => [data.width, data.height],
  };
  for (const scene of samples) {
    for (const [index, sample] of scene.entries()) {
      yield frameInfo(dataset, sample, index, frame);
    }
  }
}

/** Samples of the scenes, one list a scene, in the order of scene.json. */
export function samplesOf(
  dataset: Dataset,
  scenes: readonly string[],
): Sample[][] {
  const wanted = new Set(scenes);
  const rows = dataset.rows("scene").filter(({ name }) => wanted.has(name));
  if (rows.length !== wanted.size) {
    selectScenes([...wanted], dataset.rows("scene").map(({ name }) => name));
  }
  return rows.map((scene) => dataset.samplesOf(scene));
}

/** Names every absent file of the samples, before work starts. */
function requireFiles(dataset: Dataset, samples: readonly Sample[]): void {
  const absent: string[] = [];
  const channels = new Set<string>([...CAMERAS, "LIDAR_TOP"]);
  for (const { token } of samples) {
    for (const [channel, { filename }] of dataset.keyFrames(token)) {
      if (!channels.has(channel)) continue;
      try {
        Deno.lstatSync(`${dataset.root}/${filename}`);
      } catch {
        absent.push(filename);
      }
    }
  }
  if (absent.length === 0) return;
  const shown = absent.slice(0, 10).map((name) => `  ${name}`).join("\n");
  const more = absent.length > 10 ? `\n  … and ${absent.length - 10} more` : "";
  throw new DatasetError(
    `Cannot find ${absent.length} sensor files under ${dataset.root}:\n` +
      `${shown}${more}\nUnpack the sensor archives of ${dataset.version} ` +
      "into this folder",
  );
}
