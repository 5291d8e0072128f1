/**
 * The frames of samples, in table order.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { Dataset } from "../tables/mod.ts";
import { checkFiles } from "./files.ts";
import { buildFrame } from "./frame.ts";
import { readJpegSize } from "./jpeg.ts";
import type { FrameInfo } from "./types.ts";

/** Settings of {@link createFrames}. */
export interface CreateOptions {
  /** LiDAR sweeps listed before a key frame; default 10. */
  maxSweeps?: number;
  /**
   * Default true: images must be there and their headers give the sizes.
   * False takes the sizes from `sample_data.json`.
   */
  checkFiles?: boolean;
  signal?: AbortSignal;
}

/** Frames between two looks at the clock of others. */
const BREATH = 16;

/**
 * Builds the records of whole scenes.
 * @param samples rows of the dataset's `samples`, in table order
 */
export async function* createFrames(
  dataset: Dataset,
  samples: readonly number[],
  options: CreateOptions = {},
): AsyncGenerator<FrameInfo> {
  const { maxSweeps = 10, checkFiles: fromFiles = true, signal } = options;
  if (fromFiles) checkFiles(dataset, samples);
  const { sensorData } = dataset;
  const imageSize = (row: number) =>
    fromFiles
      ? readJpegSize(`${dataset.root}/${sensorData.filename(row)}`)
      : { width: sensorData.width[row]!, height: sensorData.height[row]! };
  const counts = new Map<number, number>();
  for (const [done, sample] of samples.entries()) {
    if (done % BREATH === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    const scene = dataset.sceneOfSample[sample]!;
    const index = counts.get(scene) ?? 0;
    counts.set(scene, index + 1);
    yield buildFrame(dataset, sample, index, { maxSweeps, imageSize });
  }
}
