/**
 * Operations and functions that run at once.
 * @module
 */
import { type Attribute, setAttributes } from "./attributes.ts";
import { type Address, type CApi, cString } from "./capi.ts";

/** A result on the device. */
export interface Result {
  handle: Address;
  shape: number[];
  dtype: number;
}

let outputs = new BigUint64Array(64);
const counter = new Int32Array(1);

/** Runs an operation, or a function by its name. */
export function execute(
  api: CApi,
  context: Address,
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly Address[],
  count: number,
): Result[] {
  const { f, status } = api;
  const op = f.TFE_NewOp(context, cString(name), status);
  api.check();
  try {
    for (const input of inputs) {
      f.TFE_OpAddInput(op, input, status);
      api.check();
    }
    setAttributes(api, "TFE_Op", op, attributes);
    api.check();
    if (count > outputs.length) outputs = new BigUint64Array(count);
    counter[0] = count;
    f.TFE_Execute(op, outputs, counter, status);
    api.check();
  } finally {
    f.TFE_DeleteOp(op);
  }
  return Array.from(outputs.subarray(0, count), (h) => describe(api, h));
}

function describe({ f, status }: CApi, handle: Address): Result {
  const rank = f.TFE_TensorHandleNumDims(handle, status);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    shape.push(f.TFE_TensorHandleDim(handle, i, status));
  }
  return { handle, shape, dtype: f.TFE_TensorHandleDataType(handle) };
}
