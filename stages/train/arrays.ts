/**
 * Named arrays of the host on their way to the device.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Arrays, Tensors, TensorSpecs } from "../../models/mod.ts";

/** Tensors of the arrays that the specs name. */
export function tensorsOf(arrays: Arrays, specs: TensorSpecs): Tensors {
  return Object.fromEntries(
    wanted(arrays, specs).map(([name, data]) => {
      const { shape, dtype } = specs[name]!;
      return [name, tf.tensor(data, shape, dtype)];
    }),
  );
}

/** Arrays that specs ask for: not every network takes all geometry. */
function wanted(
  arrays: Arrays,
  specs: TensorSpecs,
): [string, Float32Array | Int32Array][] {
  return Object.entries(arrays).filter(([name]) => name in specs);
}

/**
 * Part `index` of arrays whose first axis is the batch; arrays that already
 * have the part's size are shared by all parts.
 * @param specs of one part.
 */
export function partOf(
  arrays: Arrays,
  specs: TensorSpecs,
  index: number,
): Arrays {
  return Object.fromEntries(
    wanted(arrays, specs).map(([name, data]) => {
      const size = specs[name]!.shape.reduce((a, b) => a * b, 1);
      return [name, slice(data, size, index)];
    }),
  );
}

/** Row `index` of rows of `size` numbers, or all where there is but one. */
export function slice<T extends Float32Array | Int32Array>(
  data: T,
  size: number,
  index: number,
): T {
  if (data.length === size) return data;
  return data.subarray(index * size, (index + 1) * size) as T;
}

/** Entries whose names begin so, without it. */
export function below(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}
