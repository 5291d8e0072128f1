/**
 * Numbers to the device and back.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE } from "./attributes.ts";
import { TYPE } from "./capi.ts";
import type { Recorder } from "./function/record.ts";

/** Arrays that tensors are made from. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** Element types of tensors. */
export type TensorType = "float32" | "int32" | "bool";

/**
 * A tensor from numbers, which are copied to the device at once (`tf.tensor`
 * keeps the array and copies at the first use).
 * @param dtype of the tensor; bytes may become any type, and are converted on
 *   the device: pictures cross as bytes.
 */
export function tensorFrom(
  { binding, backend }: Recorder,
  data: TensorData,
  shape: readonly number[],
  dtype: TensorType = data instanceof Int32Array ? "int32" : "float32",
): tf.Tensor {
  const own = data instanceof Float32Array
    ? TYPE.float32
    : data instanceof Int32Array
    ? TYPE.int32
    : dtype === "bool"
    ? TYPE.bool
    : TYPE.uint8;
  if (own !== TYPE.uint8 && own !== TYPE[dtype]) {
    throw new Error(
      `Cannot make a ${dtype} tensor from a ${data.constructor.name}`,
    );
  }
  const id = binding.createTensor([...shape], own, data);
  if (own !== TYPE.uint8) {
    return backend.createOutputTensor({ id, shape: [...shape], dtype: own });
  }
  const [meta] = binding.executeOp(
    "Cast",
    [
      { name: "SrcT", type: ATTRIBUTE.type, value: TYPE.uint8 },
      { name: "DstT", type: ATTRIBUTE.type, value: TYPE[dtype] },
    ],
    [id],
    1,
  );
  binding.deleteTensor(id);
  return backend.createOutputTensor(meta!);
}
