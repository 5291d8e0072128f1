/**
 * Tensors by name, and what is known of them before they exist.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";

/** Tensors by name. */
export type Tensors = Record<string, tf.Tensor>;

/** Shape and type of an input. */
export interface TensorSpec {
  /** Static: a function is recorded for one shape. */
  shape: readonly number[];
  /** float32 where left out. */
  dtype?: "float32" | "int32" | "bool";
}

/** Inputs by name. */
export type Specs = Record<string, TensorSpec>;

/** How a function is recorded and run. */
export interface CompileOptions {
  /** Compile with XLA; the first run then takes long. */
  jit?: boolean;
  /**
   * Type that convolutions, their gradients and matrix products compute in;
   * everything else stays float32. Loss scaling is the caller's.
   */
  precision?: "float32" | "float16" | "bfloat16";
  /** Shown in TensorFlow's errors. */
  name?: string;
}

/** The input of that name, checked against what was recorded. */
export function inputOf(given: Tensors, name: string, spec: TensorSpec) {
  const tensor = given[name];
  const { shape, dtype = "float32" } = spec;
  if (tensor && tensor.dtype === dtype && equal(tensor.shape, shape)) {
    return tensor;
  }
  const wanted = `${dtype} [${shape}]`;
  if (!tensor) {
    throw new Error(
      `Cannot run the function: the input ${name} is missing (${wanted})`,
    );
  }
  throw new Error(
    `Cannot run the function: the input ${name} is ${tensor.dtype} ` +
      `[${tensor.shape}], recorded for ${wanted}`,
  );
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
