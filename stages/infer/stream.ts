/**
 * Frames of scenes in order, as the network takes them at test time.
 * @module
 */
import type { FrameInfo } from "../../nusc/mod.ts";
import {
  describeFrame,
  type Frame,
  type FrameConfig,
  imageJobs,
  ImagePool,
  ImageReader,
  testAugmentation,
  writeImages,
} from "../../nusc/loader/mod.ts";
import {
  arraysOf,
  assemble,
  type Batch,
  imageLength,
  poseOf,
  type StreamPose,
} from "../train/batch.ts";
import { imageThreads } from "../train/feeder.ts";

/** One frame of a stream. */
export interface StreamFrame {
  info: FrameInfo;
  batch: Batch;
}

/** Fewer frames are read before threads have started. */
const MANY_FRAMES = 100;

/** How many threads read the images of so many frames, on so many cores. */
export function streamThreads(frames: number, cores?: number): number {
  return frames < MANY_FRAMES ? 0 : imageThreads(cores);
}

/**
 * Loads frames ahead of the reader; a frame of another scene than the one
 * before it starts without memory.
 * @param threads that read images; 0 reads them in this one, one frame ahead.
 */
export async function* streamFrames(
  infos: readonly FrameInfo[],
  root: string,
  config: FrameConfig,
  threads = 0,
): AsyncGenerator<StreamFrame, void> {
  const { resample } = config;
  const pool = threads > 0 ? new ImagePool(threads, resample) : null;
  const writer = pool ?? new ImageReader({ resample, cacheBytes: 0 });
  /** Shared memory that is free. */
  const spare: Float32Array[] = [];
  const load = async (index: number): Promise<StreamFrame> => {
    const { frame, batch } = describe(
      infos,
      index,
      config,
      (length) => spare.pop() ?? allocate(length, pool !== null),
    );
    await writeImages(writer, imageJobs(root, frame, config), batch.images);
    return { info: infos[index]!, batch };
  };
  try {
    const ahead = Math.max(1, threads);
    for await (const frame of inOrder(infos.length, ahead, load)) {
      const { batch } = frame;
      if (pool) {
        // Native code takes no shared memory.
        spare.push(batch.images);
        batch.images = batch.images.slice();
      }
      yield frame;
    }
  } finally {
    pool?.close();
  }
}

/** Results of loads in order, so many of them under way behind each. */
async function* inOrder<T>(
  count: number,
  ahead: number,
  load: (index: number) => Promise<T>,
): AsyncGenerator<T, void> {
  const queue: Promise<T>[] = [];
  let next = 0;
  const fill = () => {
    while (next < count && queue.length < ahead) {
      const loading = load(next++);
      // A failure surfaces when its turn comes, not as an unhandled one.
      loading.catch(() => {});
      queue.push(loading);
    }
  };
  try {
    fill();
    for (let first = queue.shift(); first; first = queue.shift()) {
      const result = await first;
      fill();
      yield result;
    }
  } finally {
    await Promise.allSettled(queue);
  }
}

/** A frame and its batch, images still to be written. */
function describe(
  infos: readonly FrameInfo[],
  index: number,
  config: FrameConfig,
  allocate: (length: number) => Float32Array,
): { frame: Frame; batch: Batch } {
  const [before, info] = [infos[index - 1], infos[index]!];
  const frame = describeFrame(info, config, testAugmentation(config, info));
  const prevExists = before?.scene_token === info.scene_token;
  const pose: StreamPose | undefined = before &&
    poseOf(describeFrame(before, config, testAugmentation(config, before)));
  const images = allocate(imageLength([frame]));
  return { frame, batch: assemble([frame], [{ prevExists }], [pose], images) };
}

function allocate(length: number, shared: boolean): Float32Array {
  if (!shared) return new Float32Array(length);
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

/** Those arrays of a batch of one that the network takes, by name. */
export function namedArrays(
  batch: Batch,
  shapes: Record<string, { shape: number[] }>,
): Record<string, { data: Float32Array; shape: number[] }> {
  return Object.fromEntries(
    Object.entries(arraysOf(batch)).filter(([name]) => name in shapes)
      .map(([name, data]) => [name, { data, shape: shapes[name]!.shape }]),
  );
}
