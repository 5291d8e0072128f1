/**
 * The trained network and its export, frame by frame from the same memory.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  type HeadConfig,
  memoryFields,
  stepShapes,
  type Tensors,
} from "../../models/mod.ts";
import type { Runner } from "../infer/run.ts";
import { namedArrays, type StreamFrame } from "../infer/stream.ts";
import type { ModelCard } from "../train/artifact.ts";
import { differences, exportedOf, numbersOf } from "./compare.ts";

/** A step of inference: a frame and a memory to predictions and a memory. */
export type Network = (inputs: Tensors) => Tensors;

/** How far the networks are apart in a frame, as max |a − b| / rms(b). */
export interface Apart {
  difference: number;
  allowed: number;
}

/** Pixels move by this share: four times the rounding of a float32. */
const NUDGE = 2 ** -22;

/** Rounding happens in all layers, and a nudge only before the first one. */
const LAYERS = 4;

/** Leads both networks through a stream of frames. */
export class Follower {
  /** Of all frames. */
  worst = 0;
  /** Frames beyond the tolerance, whose network rounds as coarsely itself. */
  rounded = 0;
  readonly #shapes: ReturnType<typeof stepShapes>;
  #memory: Tensors;

  constructor(
    readonly trained: Network,
    readonly runner: Pick<Runner, "step">,
    readonly head: HeadConfig,
    image: ModelCard["image"],
    readonly compare: typeof differences = differences,
  ) {
    this.#shapes = stepShapes(head, image);
    this.#memory = Object.fromEntries(
      memoryFields(head).map((field) => `memory.${field}`)
        .map((name) => [name, tf.zeros(this.#shapes[name]!.shape)]),
    );
  }

  /**
   * Steps both. Where they differ by more than `tolerance`, they may as far as
   * the trained network moves when its pixels move in the last bits: so much
   * is the rounding of this network, and no mistake of the export.
   */
  async step(frame: StreamFrame, tolerance: number): Promise<Apart> {
    const arrays = Object.entries(namedArrays(frame.batch, this.#shapes));
    const given: Tensors = Object.fromEntries(
      arrays.map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
    );
    const wanted = this.trained({ ...given, ...this.#memory });
    // Both start from the same memory: its newest rows are sorted by score,
    // and rows of equal scores may change places from one engine to another.
    const exported = await this.runner.step(frame, numbersOf(this.#memory));
    const difference = Math.max(...this.compare(exported, wanted, this.head));
    let allowed = tolerance;
    if (difference > tolerance) {
      allowed = Math.max(tolerance, LAYERS * this.#rounding(given, wanted));
      if (difference <= allowed) this.rounded++;
    }
    this.worst = Math.max(this.worst, difference);
    this.#remember(wanted);
    tf.dispose(given);
    return { difference, allowed };
  }

  /** Frees the memory. */
  dispose(): void {
    tf.dispose(this.#memory);
  }

  /** How far the trained network moves when pixels do in their last bits. */
  #rounding(given: Tensors, wanted: Tensors): number {
    const { images, ...rest } = given;
    const signs = tf.randomUniform(images!.shape, -1, 1, "float32", 0).sign();
    const nudged = images!.mul(signs.mul(NUDGE).add(1));
    const moved = this.trained({ ...rest, images: nudged, ...this.#memory });
    const far = this.compare(exportedOf(moved, this.head), wanted, this.head);
    tf.dispose([signs, nudged, moved]);
    return Math.max(...far);
  }

  #remember({ classScores, boxCodes, ...next }: Tensors): void {
    tf.dispose([this.#memory, classScores!, boxCodes!]);
    this.#memory = Object.fromEntries(
      Object.entries(next).map((
        [name, tensor],
      ) => [name.replace("next.", "memory."), tensor]),
    );
  }
}
