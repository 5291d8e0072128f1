/**
 * Training on clips: a sliding window over the frames before each frame.
 *
 * Source: CustomNuScenesDataset.prepare_train_data (queue_length,
 * random_length) and DistributedGroupSampler of exiawsh/StreamPETR.
 * @module
 */
import { MersenneTwister, randperm } from "./mersenne.ts";
import { type Random, randomFor } from "./random.ts";
import type { Draw, FrameSampler, Sequenced, Slots } from "./sampler.ts";

/** The frames of a clip. */
export interface WindowConfig {
  /** queue_length: frames of a clip, the newest included. */
  length: number;
  /** random_length: frames before it that are left out at random. */
  random: number;
}

/** A frame of a clip. */
export type ClipFrame = Pick<Draw, "frame" | "prevExists">;

/**
 * The clip that ends with a frame, oldest first: of the `length + random − 1`
 * frames before it, `random` are left out. Before the first frame of all the
 * first one is repeated; frames of an earlier scene may lead the clip, and the
 * first frame of each scene in it has no previous one.
 * @param frames sorted by time.
 */
export function slidingWindow(
  frames: readonly Pick<Sequenced, "scene_token">[],
  index: number,
  { length, random }: WindowConfig,
  draw: Random,
): ClipFrame[] {
  const before = Array.from(
    { length: length + random - 1 },
    (_, i) => index - length - random + 1 + i,
  );
  for (let dropped = 0; dropped < random; dropped++) {
    before.splice(Math.floor(draw() * before.length), 1);
  }
  const clip = [...before, index].map((i) => Math.max(0, i));
  return clip.map((frame, i) => ({
    frame,
    prevExists: i > 0 &&
      frames[clip[i - 1]!]!.scene_token === frames[frame]!.scene_token,
  }));
}

/** A rank's share of an epoch. */
export interface Share {
  seed: number;
  epoch: number;
  /** Samples of a rank's batch. */
  batch: number;
  ranks: number;
  rank: number;
}

/**
 * All samples in random order, the first ones repeated to fill the last batch
 * of every rank; each rank gets a contiguous share. As the reference draws
 * them: torch's generator, seeded with seed + epoch.
 */
export function shuffledShare(
  size: number,
  { seed, epoch, batch, ranks, rank }: Share,
): number[] {
  const generator = new MersenneTwister(seed + epoch);
  const order = randperm(generator, size);
  const share = Math.ceil(size / batch / ranks) * batch;
  const padded = Array.from(
    { length: share * ranks },
    (_, i) => order[i % size]!,
  );
  return randperm(generator, padded.length / batch)
    .flatMap((chunk) => padded.slice(chunk * batch, (chunk + 1) * batch))
    .slice(rank * share, (rank + 1) * share);
}

/** How clips are drawn. */
export interface WindowOptions extends WindowConfig {
  /** Clips at a time, of all processes. */
  batch: number;
  seed: number;
  /** Clips of the batch to give; default all. */
  slots?: Slots;
}

/**
 * Clips frame by frame: each `length` draws in a row are one batch of clips,
 * the first of which has no previous frame. Processes share the batches of one
 * rank, so that the batches do not depend on how many there are.
 */
export class WindowSampler implements FrameSampler {
  /** Frame indices by time, and those frames. */
  readonly #order: number[];
  readonly #sorted: Sequenced[];
  #epoch = 0;
  #share: number[] = [];
  #clips: ClipFrame[][] = [];
  #visit = -1;
  #step = 0;

  /** @param frames in any order. */
  constructor(
    readonly frames: readonly Sequenced[],
    readonly options: WindowOptions,
  ) {
    const { length, random, batch } = options;
    if (frames.length === 0 || length < 1 || random < 0 || batch < 1) {
      throw new RangeError(
        `Cannot draw ${batch} clips of ${length} (+ ${random}) frames from ` +
          `${frames.length} frames`,
      );
    }
    const time = (index: number) => frames[index]!.timestamp;
    this.#order = [...frames.keys()].sort((a, b) => time(a) - time(b));
    this.#sorted = this.#order.map((index) => frames[index]!);
  }

  /** The next frame of each clip. */
  next(): Draw[] {
    if (this.#step % this.options.length === 0) this.#begin();
    const at = this.#step++ % this.options.length;
    const { batch, slots = { first: 0, count: batch } } = this.options;
    const visit = this.#visit;
    return this.#clips.slice(slots.first, slots.first + slots.count)
      .map((clip, i) => ({ ...clip[at]!, visit, slot: slots.first + i }));
  }

  /** Passes over draws that a checkpoint has already seen. */
  skip(draws: number): void {
    for (let i = 0; i < draws; i++) this.next();
  }

  #begin(): void {
    const { batch, seed } = this.options;
    if (this.#share.length === 0) {
      const share = { seed, epoch: this.#epoch++, batch, ranks: 1, rank: 0 };
      this.#share = shuffledShare(this.frames.length, share);
    }
    this.#visit++;
    this.#clips = this.#share.splice(0, batch).map((last, slot) => {
      const draw = randomFor(seed, this.#visit, slot);
      return slidingWindow(this.#sorted, last, this.options, draw)
        .map(({ frame, ...rest }) => ({ frame: this.#order[frame]!, ...rest }));
    });
  }
}
