/**
 * Where tensors lie on the device, for libraries that work there.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE } from "./attributes.ts";
import { TYPE } from "./capi.ts";
import type { Recorder } from "./function/record.ts";

/** Numbers in the device's memory. */
export interface DeviceMemory {
  /** The first. */
  address: bigint;
  /** How many bytes they take. */
  bytes: number;
}

/**
 * A float32 tensor's numbers in memory that no other tensor shares: results
 * of a function may be one another's, or a constant's.
 */
export function copyOf(
  { binding, backend }: Recorder,
  tensor: tf.Tensor,
): tf.Tensor {
  const [meta] = binding.executeOp(
    "DeepCopy",
    [{ name: "T", type: ATTRIBUTE.type, value: TYPE.float32 }],
    backend.getInputTensorIds([tensor]),
    1,
  );
  return backend.createOutputTensor(meta!);
}

/**
 * A tensor's memory, valid until it is disposed; waits until its numbers are
 * there (c_api_experimental.h: TFE_TensorHandleDevicePointer).
 */
export function memoryOf(
  { binding, backend }: Recorder,
  tensor: tf.Tensor,
): DeviceMemory {
  const { api } = binding.values;
  const [id] = backend.getInputTensorIds([tensor]);
  const handle = binding.handle(id!);
  const address = api.f.TFE_TensorHandleDevicePointer(handle, api.status);
  api.check();
  const bytes = api.f.TFE_TensorHandleDeviceMemorySize(handle, api.status);
  api.check();
  return { address, bytes: Number(bytes) };
}
