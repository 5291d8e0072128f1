/**
 * Random numbers that a recorded function draws anew at each run: they depend
 * on nothing but shape and seed.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { override, typeOf, withInts } from "./override.ts";

const KERNEL = "StatelessRandomUniform";

/** Registers the kernel behind {@link statelessUniform}. */
export function registerRandom(): void {
  override(
    KERNEL,
    ({ seed }, { shape }, backend) =>
      withInts(
        shape,
        [shape.length],
        (size) =>
          backend.executeSingleOutput(KERNEL, [
            typeOf("dtype", "float32"),
            typeOf("T", "int32"),
            typeOf("Tseed", "int32"),
          ], [size, seed]),
      ),
  );
}

/**
 * Uniform [0, 1) numbers that depend on nothing but shape and seed.
 * @param seed int32 [2]; as an input of a recorded function, each run may
 *   have its own.
 */
export function statelessUniform(
  shape: readonly number[],
  seed: tf.Tensor,
): tf.Tensor {
  if (seed.dtype !== "int32" || `${seed.shape}` !== "2") {
    throw new Error(
      `The seed is ${seed.dtype} [${seed.shape}], expected int32 [2]`,
    );
  }
  type Kernel = Parameters<ReturnType<typeof tf.engine>["runKernel"]>;
  const inputs = { seed } as unknown as Kernel[1];
  const attrs = { shape: [...shape] } as unknown as Kernel[2];
  return tf.engine().runKernel(KERNEL, inputs, attrs) as tf.Tensor;
}
