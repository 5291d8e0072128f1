/**
 * Frames of scenes in order, as the network takes them at test time.
 * @module
 */
import type { FrameInfo } from "../../nusc/mod.ts";
import {
  describeFrame,
  type FrameConfig,
  imageJobs,
  ImageReader,
  testAugmentation,
  writeImages,
} from "../../nusc/loader/mod.ts";
import {
  arraysOf,
  assemble,
  type Batch,
  poseOf,
  type StreamPose,
} from "../train/batch.ts";

/** One frame of a stream. */
export interface StreamFrame {
  info: FrameInfo;
  batch: Batch;
}

/**
 * Loads frames one ahead of the reader; a frame of another scene than the one
 * before it starts without memory.
 */
export async function* streamFrames(
  infos: readonly FrameInfo[],
  root: string,
  config: FrameConfig,
): AsyncGenerator<StreamFrame, void> {
  const reader = new ImageReader({ resample: config.resample, cacheBytes: 0 });
  const load = async (index: number): Promise<StreamFrame> => {
    const info = infos[index]!;
    const before = infos[index - 1];
    const frame = describeFrame(info, config, testAugmentation(config, info));
    const prevExists = before?.scene_token === info.scene_token;
    const pose: StreamPose | undefined = before &&
      poseOf(describeFrame(before, config, testAugmentation(config, before)));
    const batch = assemble([frame], [{ prevExists }], [pose]);
    await writeImages(reader, imageJobs(root, frame, config), batch.images);
    return { info, batch };
  };
  let next = infos.length > 0 ? load(0) : null;
  for (let i = 0; i < infos.length; i++) {
    const frame = await next!;
    next = i + 1 < infos.length ? load(i + 1) : null;
    next?.catch(() => {});
    yield frame;
  }
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
