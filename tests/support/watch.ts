/**
 * Sees what a kernel gives while a function runs: maps inside a network that
 * no module returns.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { PlainArray } from "./golden.ts";

/** Outputs of the named kernel, in the order of its calls. */
export function watchKernel(name: string, run: () => void): PlainArray[] {
  const backend = tf.getBackend();
  const kernel = tf.getKernel(name, backend)!;
  const seen: PlainArray[] = [];
  const swap = (kernelFunc: typeof kernel.kernelFunc) => {
    tf.unregisterKernel(name, backend);
    tf.registerKernel({ ...kernel, kernelFunc });
  };
  swap((call) => {
    const output = kernel.kernelFunc(call);
    const { dataId, shape } = output as tf.TensorInfo;
    const data = tf.engine().readSync(dataId) as Float32Array;
    seen.push({ data: data.slice(), shape });
    return output;
  });
  try {
    run();
  } finally {
    swap(kernel.kernelFunc);
  }
  return seen;
}
