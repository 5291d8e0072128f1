/**
 * The frames of samples, in table order.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { DatasetError } from "../errors.ts";
import type { Dataset } from "../tables/mod.ts";
import { checkFiles, checkImages } from "./files.ts";
import { buildFrame } from "./frame.ts";
import { inspectJpeg } from "./jpeg.ts";
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
  /** Ends the work between two frames. */
  signal?: AbortSignal;
}

/** Frames between two looks at the clock of others. */
const BREATH = 16;

/**
 * Builds the records of whole scenes.
 * @param samples rows of the dataset's `samples`, in table order
 * @throws {DatasetError} before the first frame if sensor files are absent,
 *   all of them named, or scenes are cut short or out of order; at the first
 *   damaged image, with all others that are damaged
 */
export async function* createFrames(
  dataset: Dataset,
  samples: readonly number[],
  options: CreateOptions = {},
): AsyncGenerator<FrameInfo> {
  const { maxSweeps = 10, checkFiles: fromFiles = true, signal } = options;
  for (const sample of samples) {
    dataset.timelineOf(dataset.sceneOfSample[sample]!);
  }
  if (fromFiles) checkFiles(dataset, samples);
  const { sensorData } = dataset;
  const imageSize = (row: number) => {
    if (!fromFiles) {
      return { width: sensorData.width[row]!, height: sensorData.height[row]! };
    }
    const path = `${dataset.root}/${sensorData.filename(row)}`;
    const size = inspectJpeg(path);
    if (typeof size !== "string") return size;
    // Where one copy was interrupted there are often more: all at once.
    checkImages(dataset, samples);
    throw new DatasetError(`${size} in ${path}. Is it being written?`);
  };
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
