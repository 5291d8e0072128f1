/**
 * A thread of {@link ImagePool}: reads the images that it is sent, in order.
 * @module
 */
import sharp from "sharp";
import { DatasetError } from "../errors.ts";
import { type ImageJob, ImageReader, type Resample } from "./reader.ts";

/** What a thread is told once, before its first order. */
export interface Setup {
  resample: Resample;
}

/** An image to write into shared memory. */
export interface Order {
  id: number;
  job: ImageJob;
  out: Float32Array;
}

/** An order is done, or has failed. */
export interface Answer {
  id: number;
  failure?: {
    message: string;
    /** Whether the dataset is to blame. */
    dataset: boolean;
  };
}

interface Port {
  onmessage: ((event: MessageEvent<Setup | Order>) => void) | null;
  postMessage(answer: Answer): void;
}

/** Images under way: one is decoded while another is resized. */
const UNDER_WAY = 2;

const port = globalThis as unknown as Port;
const orders: Order[] = [];
let reader: ImageReader | undefined;
let busy = 0;

// These threads share the cores already; images are not asked for again.
sharp.concurrency(1);
sharp.cache(false);

async function work(): Promise<void> {
  busy++;
  for (let order = orders.shift(); order; order = orders.shift()) {
    const { id, job, out } = order;
    try {
      await reader!.write(job, out);
      port.postMessage({ id });
    } catch (error) {
      const dataset = error instanceof DatasetError;
      const { message, stack } = error as Error;
      const failure = { dataset, message: dataset ? message : stack! };
      port.postMessage({ id, failure });
    }
  }
  busy--;
}

port.onmessage = ({ data }) => {
  if ("resample" in data) {
    reader = new ImageReader({ ...data, cacheBytes: 0 });
    return;
  }
  orders.push(data);
  if (busy < UNDER_WAY) work();
};
