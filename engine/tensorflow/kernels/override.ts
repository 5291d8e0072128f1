/**
 * Registering a kernel over the one that tfjs-node has.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE, type Attribute } from "../attributes.ts";
import { TYPE } from "../capi.ts";

/** What the kernels here use of tfjs-node's backend. */
export interface Backend {
  executeSingleOutput(
    name: string,
    attributes: Attribute[],
    inputs: tf.Tensor[],
  ): tf.Tensor;
}

/** A kernel as it is written here. */
export type Kernel<Attributes> = (
  // deno-lint-ignore no-explicit-any -- each kernel knows its inputs by name
  inputs: Record<string, any>,
  attrs: Attributes,
  backend: Backend,
) => tf.Tensor;

/** Registers a kernel in place of the one that may be there. */
// deno-lint-ignore no-explicit-any -- tfjs's attributes are untyped records
export function override<Attributes = Record<string, any>>(
  kernelName: string,
  kernel: Kernel<Attributes>,
): void {
  const backendName = "tensorflow";
  if (tf.getKernel(kernelName, backendName)) {
    tf.unregisterKernel(kernelName, backendName);
  }
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) =>
      kernel(
        inputs,
        attrs as unknown as Attributes,
        backend as unknown as Backend,
      ),
  });
}

/** An attribute of an element type. */
export function typeOf(name: string, dtype: string): Attribute {
  const value = TYPE[dtype as keyof typeof TYPE];
  return { name, type: ATTRIBUTE.type, value };
}

/** Calls `use` with an int32 tensor that lives no longer. */
export function withInts<T>(
  values: number[],
  shape: number[],
  use: (tensor: tf.Tensor) => T,
): T {
  const tensor = tf.tensor(values, shape, "int32");
  try {
    return use(tensor);
  } finally {
    tensor.dispose();
  }
}
