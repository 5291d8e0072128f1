/** Sums that never leave the devices. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { CudaDevice } from "./cuda.ts";
import type { Communicator } from "./nccl.ts";
import type { Reducer } from "./reducer.ts";

/** What knows where tensors are; TensorFlow's engine does. */
export interface TensorMemory {
  /** Kind of the device that holds them. */
  readonly device: "cpu" | "gpu";
  /** A float32 tensor's numbers in memory of their own. */
  copy(tensor: tf.Tensor): tf.Tensor;
  /** Where a tensor lies, until it is disposed. */
  memory(tensor: tf.Tensor): { address: bigint; bytes: number };
}

/** Processes and devices that NCCL has joined. */
export interface Joined {
  /** NCCL's version. */
  version: string;
  memory: TensorMemory;
  device: CudaDevice;
  communicator: Communicator;
}

/**
 * Sums in the devices' memory by NCCL, on a queue of its own. It begins when
 * TensorFlow's is empty (a tensor is there for TensorFlow before its kernel
 * has ended), and TensorFlow sees the sums when they are complete. Both waits
 * leave the event loop free.
 */
export function ncclReducer(
  { version, memory, device, communicator }: Joined,
): Reducer {
  return {
    way: `by NCCL ${version} on the devices`,
    async sum(tensors) {
      // Summed in place, so nothing else may lie there.
      const sums = tensors.map((tensor) => memory.copy(tensor));
      tf.dispose([...tensors]);
      await device.finish();
      for (const sum of sums) {
        const { address, bytes } = memory.memory(sum);
        if (bytes !== 4 * sum.size) {
          throw new Error(`${sum.size} numbers have ${bytes} bytes`);
        }
        await communicator.allReduce(address, sum.size, device.stream);
      }
      await device.finishStream();
      communicator.check();
      return sums;
    },
    async close() {
      await communicator.close();
      device.close();
    },
  };
}
