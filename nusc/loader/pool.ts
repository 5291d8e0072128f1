/**
 * Reads images in threads, straight into memory that they share with the
 * caller. What is written does not depend on how many threads there are.
 * @module
 */
import { DatasetError } from "../errors.ts";
import type { ImageJob, Resample } from "./reader.ts";
import type { Answer, Order } from "./thread.ts";

/** Work that somebody waits for. */
interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** Threads that write images as network input. */
export class ImagePool {
  readonly #threads: Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #broken: Error | undefined;

  /** @param threads at least 1. */
  constructor(threads: number, resample: Resample) {
    this.#threads = Array.from({ length: threads }, () => {
      const thread = new Worker(new URL("./thread.ts", import.meta.url), {
        type: "module",
      });
      thread.onmessage = ({ data }: MessageEvent<Answer>) => this.#hear(data);
      thread.onerror = (event) => {
        event.preventDefault();
        this.#break(new Error(`An image thread failed: ${event.message}`));
      };
      thread.postMessage({ resample });
      return thread;
    });
  }

  /**
   * Writes an image as network input.
   *
   * The order goes to its thread at once, by turns: threads go on while the
   * caller's thread is busy with a training step.
   * @param out over a SharedArrayBuffer: [height, width, 3] of the view, from
   *   `offset`.
   * @throws {DatasetError} naming the file.
   */
  write(job: ImageJob, out: Float32Array, offset = 0): Promise<void> {
    if (!(out.buffer instanceof SharedArrayBuffer)) {
      throw new TypeError("Cannot write images: the buffer is not shared");
    }
    if (this.#broken) return Promise.reject(this.#broken);
    const id = this.#next++;
    const size = job.view.width * job.view.height * 3;
    const order: Order = { id, job, out: out.subarray(offset, offset + size) };
    this.#threads[id % this.#threads.length]!.postMessage(order);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Ends the threads; work that is still waited for fails. */
  close(): void {
    for (const thread of this.#threads) thread.terminate();
    this.#break(new Error("The image threads have been closed"));
  }

  #hear({ id, failure }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!failure) return waiting?.resolve();
    const { message, dataset } = failure;
    waiting?.reject(dataset ? new DatasetError(message) : new Error(message));
  }

  #break(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
