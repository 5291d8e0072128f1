/**
 * Smaller gaps of tfjs-node's kernels, and random numbers that a recorded
 * function draws anew at each run.
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- tfjs's kernel runner is loosely typed
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE } from "../attributes.ts";
import { override, typeOf, withInts } from "./override.ts";

/** Registers gather, round and stateless random numbers. */
export function registerOthers(): void {
  // tfjs-node's reads the indices back to check their range: a stall, and
  // impossible while recording. TensorFlow checks by itself on CPUs.
  override(
    "GatherV2",
    ({ x, indices }, { axis, batchDims }, backend) =>
      withInts(
        [axis],
        [],
        (axisTensor) =>
          backend.executeSingleOutput("GatherV2", [
            { name: "batch_dims", type: ATTRIBUTE.int, value: batchDims ?? 0 },
            typeOf("Tparams", x.dtype),
            typeOf("Tindices", indices.dtype),
            typeOf("Taxis", "int32"),
          ], [x, indices, axisTensor]),
      ),
  );
  // TensorFlow's Round of int32 is missing on some devices, and the identity.
  override("Round", ({ x }, _attrs, backend) =>
    backend.executeSingleOutput(
      x.dtype === "int32" ? "Identity" : "Round",
      [typeOf("T", x.dtype)],
      [x],
    ));
  override(
    "StatelessRandomUniform",
    ({ seed }, { shape }, backend) =>
      withInts(
        shape,
        [shape.length],
        (size) =>
          backend.executeSingleOutput("StatelessRandomUniform", [
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
  return tf.engine().runKernel(
    "StatelessRandomUniform",
    { seed } as any,
    { shape: [...shape] } as any,
  ) as tf.Tensor;
}
