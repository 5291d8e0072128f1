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
  type FrameSampler,
  imageJobs,
  ImagePool,
  ImageReader,
  type ImageWriter,
  randomFor,
  type Slots,
  trainAugmentation,
  writeImages,
} from "../../nusc/loader/mod.ts";
import {
  assemble,
  type Batch,
  imageLength,
  poseOf,
  type StreamPose,
} from "./batch.ts";
import type { TrainSettings } from "./settings.ts";

/** Keys that keep the random draws of different purposes apart. */
const DRAW = { frame: 1, sequence: 2 } as const;

/** Settings of a feeder. */
export interface FeederOptions {
  root: string;
  frames: readonly FrameInfo[];
  config: FrameConfig;
  sampler: FrameSampler;
  seed: number;
  /** Decoded images that are kept; only without threads. */
  cacheBytes: number;
  /** Threads that read images; 0 reads them in this one. */
  threads: number;
  /** Batches that are loaded ahead of time. */
  prefetch: number;
  /** Streams whose images are loaded; default all that the sampler draws. */
  own?: Slots;
  /** Batches whose images stay good, such as those of a clip; default 1. */
  lend?: number;
}

/** More threads than this wait for the disk. */
const MOST_THREADS = 8;

/** How many threads read images under settings, with so many cores. */
export function threadsOf(
  { feeding, image }: Pick<TrainSettings, "feeding" | "image">,
  cores = navigator.hardwareConcurrency,
): number {
  if (feeding.threads !== null) return feeding.threads;
  return image.cache_mb > 0 ? 0 : imageThreads(cores);
}

/** Threads for images on so many cores: half of them. */
export function imageThreads(cores = navigator.hardwareConcurrency): number {
  return Math.min(MOST_THREADS, Math.max(1, Math.floor(cores / 2)));
}

/**
 * Loads batches in order, some ahead of time. Neither their order nor their
 * content depends on threads or prefetch.
 */
export class Feeder {
  readonly #options: FeederOptions;
  readonly #writer: ImageWriter;
  readonly #pool: ImagePool | undefined;
  readonly #ahead: Promise<Batch>[] = [];
  /** Image buffers that are free. */
  readonly #spare: Float32Array[] = [];
  readonly #lent: Batch[] = [];
  #iteration = 0;
  #poses: (StreamPose | undefined)[] = [];

  constructor(options: FeederOptions) {
    this.#options = options;
    const { threads, config: { resample }, cacheBytes } = options;
    if (threads > 0) this.#pool = new ImagePool(threads, resample);
    this.#writer = this.#pool ?? new ImageReader({ resample, cacheBytes });
  }

  /** Continues behind `iteration` iterations. */
  resume(iteration: number, poses: StreamPose[]): void {
    this.#options.sampler.skip(iteration);
    this.#iteration = iteration;
    this.#poses = poses;
  }

  /**
   * The next batch; starts to load those after it. Its images are good until
   * `lend` more batches are asked for, which takes their memory back.
   */
  async next(): Promise<Batch> {
    const { lend = 1 } = this.#options;
    if (this.#lent.length >= lend) this.#spare.push(this.#lent.shift()!.images);
    const batch = await (this.#ahead.shift() ?? this.#load());
    this.#lent.push(batch);
    while (this.#ahead.length < this.#options.prefetch) {
      const loading = this.#load();
      // A failure surfaces when it is asked for, not as an unhandled one.
      loading.catch(() => {});
      this.#ahead.push(loading);
    }
    return batch;
  }

  /** Waits for work under way, so that nothing outlives the loop. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#ahead);
    this.#pool?.close();
  }

  async #load(): Promise<Batch> {
    const { sampler, config, root } = this.#options;
    const draws = sampler.next();
    const iteration = this.#iteration++;
    const frames = draws.map((draw) => this.#describe(draw, iteration));
    const own = this.#own(frames);
    const images = this.#spare.pop() ?? this.#allocate(own);
    const poses = this.#own(this.#poses);
    const batch = assemble(own, this.#own(draws), poses, images);
    this.#poses = frames.map(poseOf);
    const size = images.length / own.length;
    await Promise.all(own.map((frame, b) => {
      const jobs = imageJobs(root, frame, config);
      return writeImages(this.#writer, jobs, images, b * size);
    }));
    return { ...batch, frames };
  }

  #own<T>(streams: T[]): T[] {
    const { own } = this.#options;
    return own ? streams.slice(own.first, own.first + own.count) : streams;
  }

  #allocate(frames: readonly Frame[]): Float32Array {
    const length = imageLength(frames);
    if (!this.#pool) return new Float32Array(length);
    return new Float32Array(new SharedArrayBuffer(4 * length));
  }

  #describe(draw: Draw, iteration: number): Frame {
    const { frames, config, seed } = this.#options;
    const info = frames[draw.frame]!;
    const perFrame = randomFor(seed, DRAW.frame, iteration, draw.slot);
    const perSequence = randomFor(seed, DRAW.sequence, draw.visit, draw.slot);
    const augmentation = trainAugmentation(config, info, perFrame, perSequence);
    return describeFrame(info, config, augmentation);
  }
}
