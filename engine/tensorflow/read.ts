/**
 * Values to the host.
 * @module
 */
import { type Address, type CApi, TYPE } from "./capi.ts";
import type { Values } from "./values.ts";

/** Host copy of a value; waits for the device. */
export function readSync(values: Values, id: number): ArrayBufferView {
  const { api } = values;
  const { handle, dtype } = readable(values, id);
  const tensor = api.f.TFE_TensorHandleResolve(handle, api.status);
  api.check();
  return take(api, tensor, dtype);
}

/** Host copy of a value; the event loop goes on while the device works. */
export async function read(
  values: Values,
  id: number,
): Promise<ArrayBufferView> {
  const { api } = values;
  const { handle, dtype } = readable(values, id);
  // Disposing of the tensor meanwhile must not free what is being read, and
  // other calls meanwhile must not write to this call's status.
  const own = api.f.TFE_TensorHandleCopySharingTensor(handle, api.status);
  api.check();
  const status = api.f.TF_NewStatus();
  try {
    const tensor = await api.f.resolveInBackground(own, status);
    api.check(status);
    return take(api, tensor, dtype);
  } finally {
    api.f.TF_DeleteStatus(status);
    api.f.TFE_DeleteTensorHandle(own);
  }
}

function readable(values: Values, id: number) {
  const value = values.get(id);
  if (value.symbol) {
    throw new Error(
      "Cannot read the value of a tensor while a function is recorded: " +
        `${value.symbol.kind ?? "the operation"} has not run yet. ` +
        "Return the tensor from the function and read it after a run",
    );
  }
  return { handle: values.handle(value), dtype: value.dtype };
}

/** Copies a TF_Tensor's numbers and frees it. */
function take(api: CApi, tensor: Address, dtype: number): ArrayBufferView {
  const length = Number(api.f.TF_TensorByteSize(tensor));
  const data = api.f.TF_TensorData(tensor);
  const buffer = length > 0 && data !== null
    ? Deno.UnsafePointerView.getArrayBuffer(data, length).slice(0)
    : new ArrayBuffer(0);
  api.f.TF_DeleteTensor(tensor);
  if (dtype === TYPE.float32) return new Float32Array(buffer);
  if (dtype === TYPE.int32) return new Int32Array(buffer);
  if (dtype === TYPE.int64) return new BigInt64Array(buffer);
  return new Uint8Array(buffer);
}
