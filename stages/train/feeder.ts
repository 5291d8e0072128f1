/**
 * Turns sampled frames into the arrays of one training iteration.
 * @module
 */
import type { FrameInfo } from "../../nusc/mod.ts";
import {
  describeFrame,
  type Draw,
  type Frame,
  type FrameConfig,
  GroupSampler,
  imageJobs,
  ImageReader,
  inverseAffine,
  type Matrix4,
  multiply,
  randomFor,
  trainAugmentation,
  writeImages,
} from "../../nusc/loader/mod.ts";

/** Where a stream stood after a frame: what the next frame's memory needs. */
export interface StreamPose {
  /** Global frame from the (augmented) LiDAR frame. */
  globalFromLidar: Matrix4;
  /** Microseconds. */
  timestampUs: number;
}

/** The arrays of one iteration over B streams and N cameras. */
export interface Batch {
  /** [B·N, H, W, 3] */
  images: Float32Array;
  /** [B, N, 4, 4] */
  lidarFromImage: Float32Array;
  /** [B, N, 2] */
  focal: Float32Array;
  /** [B, 4, 4] */
  currentFromPrevious: Float32Array;
  /** [B] */
  deltaSeconds: Float32Array;
  /** [B] */
  prevExists: Float32Array;
  /** The frames behind the arrays, with their ground truth. */
  frames: Frame[];
}

/** Keys that keep the random draws of different purposes apart. */
const DRAW = { frame: 1, sequence: 2 } as const;

/** Settings of a feeder. */
export interface FeederOptions {
  root: string;
  frames: readonly FrameInfo[];
  config: FrameConfig;
  sampler: GroupSampler;
  seed: number;
  cacheBytes: number;
}

/** Loads batches in order, each ahead of time. */
export class Feeder {
  readonly #options: FeederOptions;
  readonly #reader: ImageReader;
  #iteration = 0;
  #poses: (StreamPose | undefined)[] = [];
  #pending: Promise<Batch> | undefined;

  constructor(options: FeederOptions) {
    this.#options = options;
    const { config: { resample }, cacheBytes } = options;
    this.#reader = new ImageReader({ resample, cacheBytes });
  }

  /** Continues behind `iteration` iterations. */
  resume(iteration: number, poses: StreamPose[]): void {
    this.#options.sampler.skip(iteration);
    this.#iteration = iteration;
    this.#poses = poses;
  }

  /** The next batch; starts to load the one after it. */
  async next(): Promise<Batch> {
    const batch = await (this.#pending ?? this.#load());
    this.#pending = this.#load();
    // A failure surfaces at the next call, not as an unhandled rejection.
    this.#pending.catch(() => {});
    return batch;
  }

  /** Waits for work under way, so that nothing outlives the loop. */
  async close(): Promise<void> {
    await this.#pending?.catch(() => {});
  }

  async #load(): Promise<Batch> {
    const { sampler, config, root } = this.#options;
    const draws = sampler.next();
    const iteration = this.#iteration++;
    const frames = draws.map((draw, b) => this.#describe(draw, b, iteration));
    const batch = assemble(frames, draws, this.#poses);
    this.#poses = frames.map(poseOf);
    const size = batch.images.length / frames.length;
    await Promise.all(frames.map((frame, b) =>
      writeImages(
        this.#reader,
        imageJobs(root, frame, config),
        batch.images,
        b * size,
      )
    ));
    return batch;
  }

  #describe(draw: Draw, stream: number, iteration: number): Frame {
    const { frames, config, seed } = this.#options;
    const info = frames[draw.frame]!;
    const perFrame = randomFor(seed, DRAW.frame, iteration, stream);
    const perSequence = randomFor(seed, DRAW.sequence, draw.visit, stream);
    const augmentation = trainAugmentation(config, info, perFrame, perSequence);
    return describeFrame(info, config, augmentation);
  }
}

/** What the next frame of a stream needs to know of this one. */
export function poseOf(frame: Frame): StreamPose {
  return {
    globalFromLidar: frame.geometry.globalFromLidar,
    timestampUs: frame.info.timestamp,
  };
}

/** Geometry arrays of a batch; images are still zero. */
export function assemble(
  frames: Frame[],
  draws: readonly { prevExists: boolean }[],
  previous: readonly (StreamPose | undefined)[],
): Batch {
  const B = frames.length;
  const N = frames[0]!.geometry.focal.length;
  const { width, height } = frames[0]!.augmentation.view;
  const batch: Batch = {
    images: new Float32Array(B * N * height * width * 3),
    lidarFromImage: new Float32Array(B * N * 16),
    focal: new Float32Array(B * N * 2),
    currentFromPrevious: new Float32Array(B * 16),
    deltaSeconds: new Float32Array(B),
    prevExists: new Float32Array(B),
    frames,
  };
  frames.forEach(({ geometry, info }, b) => {
    geometry.lidarFromImage.forEach((matrix, n) => {
      batch.lidarFromImage.set(matrix, (b * N + n) * 16);
      batch.focal.set(geometry.focal[n]!, (b * N + n) * 2);
    });
    const before = draws[b]!.prevExists ? previous[b] : undefined;
    batch.prevExists[b] = before ? 1 : 0;
    batch.currentFromPrevious.set(
      before
        ? multiply(geometry.lidarFromGlobal, before.globalFromLidar)
        : multiply(
          geometry.lidarFromGlobal,
          inverseAffine(geometry.lidarFromGlobal),
        ),
      b * 16,
    );
    batch.deltaSeconds[b] = before
      ? (info.timestamp - before.timestampUs) / 1e6
      : 0;
  });
  return batch;
}
