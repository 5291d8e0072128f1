/**
 * Recorded passes of one step, a size of the denoising groups for each: shapes
 * never change within a recording, and no object of a crowded frame is left
 * out.
 * @module
 */
import type { CompiledSplit } from "../../engine/tensorflow/mod.ts";
import type { TrainStep } from "../../models/mod.ts";
import { type Recording, recordPass } from "./pass.ts";

/** A step and its recording. */
export interface Recorded {
  step: TrainStep;
  pass: CompiledSplit;
}

/** Told when a frame needs more rows than any before. */
export type OnGrowth = (objects: number, bucket: number) => void;

/** Recordings by the rows of a denoising group; the first is made at once. */
export class Passes {
  readonly #recording: Recording;
  readonly #grow: boolean;
  readonly #onGrowth: OnGrowth;
  readonly #made = new Map<number, Recorded>();

  constructor(recording: Recording, onGrowth: OnGrowth = () => {}) {
    const { step, settings } = recording;
    this.#recording = recording;
    this.#grow = settings.model.denoising?.grow ?? false;
    this.#onGrowth = onGrowth;
    this.#made.set(bucketOf(step), { step, pass: recordPass(recording) });
  }

  /** For a batch whose fullest frame holds so many objects. */
  for(objects: number): Recorded {
    const { step } = this.#recording;
    const least = bucketOf(step);
    let bucket = least;
    while (this.#grow && least > 0 && bucket < objects) bucket *= 2;
    let found = this.#made.get(bucket);
    if (!found) {
      this.#onGrowth(objects, bucket);
      // What the settings freeze stands in the parameters of the first step.
      const grown = { ...step.withBucket(bucket), params: step.params };
      const recording = { ...this.#recording, step: grown };
      found = { step: grown, pass: recordPass(recording) };
      this.#made.set(bucket, found);
    }
    return found;
  }
}

/** Rows of a denoising group, 0 without denoising. */
function bucketOf({ config }: TrainStep): number {
  return config.denoising?.bucket ?? 0;
}
