/**
 * Reads camera images through views into network input.
 * @module
 */
import { decodeResized, decodeRows } from "./decode.ts";
import {
  type Normalization,
  type Part,
  windowOf,
  writeInput,
} from "./image.ts";
import {
  type Plan,
  planResize,
  Resampler,
  type Window,
} from "./resample/mod.ts";
import type { View } from "./view.ts";

/**
 * Whose filter resizes: Pillow's, as the reference, to the bit; or that of
 * libvips, within 3 grey levels of it.
 */
export type Resample = "pillow" | "sharp";

/** How images are read. */
export interface ReaderOptions {
  resample: Resample;
  /** Resized images that are kept; of use where sizes repeat. 0 keeps none. */
  cacheBytes: number;
}

/** An image and what becomes of it. */
export interface ImageJob {
  path: string;
  /** Size of the file's image, pixels. */
  width: number;
  height: number;
  view: View;
  normalization: Normalization;
}

/** Reads images; keeps what repeats. */
export class ImageReader {
  readonly #options: ReaderOptions;
  readonly #kept = new Map<string, Part>();
  #bytes = 0;
  #resampler: Resampler | undefined;
  #plan: { key: string; plan: Plan } | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * Writes an image as network input.
   * @param out [height, width, 3] of the view, from `offset`.
   * @throws {DatasetError} naming the file.
   */
  async write(job: ImageJob, out: Float32Array, offset = 0): Promise<void> {
    const { view, normalization } = job;
    const put = (part: Part | null) =>
      writeInput(part, view, normalization, out, offset);
    if (this.#options.cacheBytes > 0 || this.#options.resample === "sharp") {
      return put(await this.#whole(job));
    }
    const window = windowOf(view);
    if (!window) return put(null);
    const plan = this.#planOf(job, window);
    const { data } = await decodeRows(job.path, job, plan.rows);
    put(this.#resize(plan, data));
  }

  /** The whole resized image, kept if there is room. */
  async #whole(job: ImageJob): Promise<Part> {
    const { resizedWidth: width, resizedHeight: height } = job.view;
    const key = `${job.path} ${width}x${height}`;
    const hit = this.#kept.get(key);
    if (hit) return hit;
    const frame = { left: 0, top: 0, width, height };
    const part = this.#options.resample === "sharp"
      ? await this.#bySharp(job, frame)
      : await this.#byPillow(job, frame);
    const fits = this.#bytes + part.data.length <= this.#options.cacheBytes;
    if (fits && !this.#kept.has(key)) {
      this.#kept.set(key, part);
      this.#bytes += part.data.length;
    }
    return part;
  }

  async #bySharp({ path }: ImageJob, whole: Window): Promise<Part> {
    const { width, height } = whole;
    const { data } = await decodeResized(path, width, height);
    return { ...whole, stride: width * 3, data };
  }

  async #byPillow(job: ImageJob, whole: Window): Promise<Part> {
    const plan = this.#planOf(job, whole);
    const { data } = await decodeRows(job.path, job, plan.rows);
    const part = this.#resize(plan, data);
    return { ...part, data: part.data.slice() };
  }

  /** The pixels are to be used before anything is awaited. */
  #resize(plan: Plan, data: Uint8Array): Part {
    this.#resampler ??= new Resampler();
    return { ...plan.window, ...this.#resampler.resize(plan, data) };
  }

  /** The plan of a resize; the cameras of a frame share one. */
  #planOf(job: ImageJob, window: Window): Plan {
    const { width, height, view } = job;
    const resized = { width: view.resizedWidth, height: view.resizedHeight };
    const key = JSON.stringify([width, height, resized, window]);
    if (this.#plan?.key !== key) {
      const plan = planResize({ width, height }, resized, window);
      this.#plan = { key, plan };
    }
    return this.#plan.plan;
  }
}
