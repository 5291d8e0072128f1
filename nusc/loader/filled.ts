/**
 * Frames without ground truth replaced by others.
 *
 * Source: filter_empty_gt, CustomNuScenesDataset.__getitem__ of
 * exiawsh/StreamPETR and Custom3DDataset._rand_another of mmdetection3d.
 * @module
 */
import { randomFor } from "./random.ts";
import type { Draw, FrameSampler } from "./sampler.ts";

/** Sets these draws apart from those of augmentations. */
const KEY = 3;

/** Gives another frame, any with ground truth, where one has none. */
export class FilledSampler implements FrameSampler {
  #iteration = 0;

  /**
   * @param inner draws frames that stand alone.
   * @param empty whether a frame has no ground truth, by index.
   * @throws {RangeError} when all are empty.
   */
  constructor(
    readonly inner: FrameSampler,
    readonly empty: readonly boolean[],
    readonly seed: number,
  ) {
    if (empty.every((none) => none)) {
      throw new RangeError(
        `Cannot replace frames without ground truth: none of the ` +
          `${empty.length} has any in range with LiDAR or radar points`,
      );
    }
  }

  /** The frames of the next iteration, one a stream. */
  next(): Draw[] {
    const iteration = this.#iteration++;
    return this.inner.next().map((draw) => {
      if (!this.empty[draw.frame]) return draw;
      const random = randomFor(this.seed, KEY, iteration, draw.slot);
      let frame = draw.frame;
      while (this.empty[frame]) {
        frame = Math.floor(random() * this.empty.length);
      }
      return { ...draw, frame };
    });
  }

  /** Passes over iterations that a checkpoint has already seen. */
  skip(iterations: number): void {
    this.inner.skip(iterations);
    this.#iteration += iterations;
  }
}
