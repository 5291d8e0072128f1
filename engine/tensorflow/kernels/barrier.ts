/**
 * Values that wait for another one: what keeps work that could be done early
 * from being done before its result is needed.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE } from "../attributes.ts";
import { TYPE } from "../capi.ts";

const KERNEL = "Barrier";

/** Registers the kernel behind {@link barrier}. */
export function registerBarrier(): void {
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: "tensorflow",
    kernelFunc({ inputs, backend }) {
      const tensors = Object.values(inputs) as unknown as tf.Tensor[];
      const types = tensors.map(({ dtype }) =>
        TYPE[dtype as keyof typeof TYPE]
      );
      const node = backend as unknown as MultipleOutputs;
      const attribute = { name: "T", type: ATTRIBUTE.type, value: types };
      return node.executeMultipleOutputs(
        "IdentityN",
        [attribute],
        tensors,
        tensors.length,
      );
    },
  });
}

interface MultipleOutputs {
  executeMultipleOutputs(
    name: string,
    attributes: unknown[],
    inputs: tf.Tensor[],
    count: number,
  ): tf.Tensor[];
}

/**
 * The same values, which exist only once `after` does too. One operation
 * gives them all; TensorFlow neither splits it nor sees through it. (XLA
 * does: its own scheduler decides there.)
 */
export function barrier(
  values: readonly tf.Tensor[],
  after: tf.Tensor,
): tf.Tensor[] {
  type Kernel = Parameters<ReturnType<typeof tf.engine>["runKernel"]>;
  const inputs = { ...values, after } as unknown as Kernel[1];
  const all = tf.engine().runKernel(KERNEL, inputs) as tf.Tensor[];
  all.at(-1)!.dispose();
  return all.slice(0, -1);
}
