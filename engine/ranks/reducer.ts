/** How tensors are summed over processes. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Ranks } from "./ranks.ts";

/** Sums over all processes, by one way or another. */
export interface Reducer {
  /** The way, in words for logs. */
  readonly way: string;
  /**
   * Takes float32 tensors of every process, which are as many and as long on
   * each and in the same order, and gives their sums, on all the same.
   */
  sum(tensors: readonly tf.Tensor[]): Promise<tf.Tensor[]>;
  /** The last call. */
  close(): Promise<void>;
}

/**
 * Sums in the host's memory: one tensor travels while the next leaves the
 * device.
 */
export function hostReducer(ranks: Pick<Ranks, "allReduce">): Reducer {
  return {
    way: "by MPI in the host's memory",
    sum: (tensors) =>
      Promise.all(tensors.map(async (own) => {
        const data = own.dataSync() as Float32Array;
        await ranks.allReduce(data);
        const sum = tf.tensor(data, own.shape);
        own.dispose();
        return sum;
      })),
    close: () => Promise.resolve(),
  };
}
