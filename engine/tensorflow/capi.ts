/**
 * An opened TensorFlow library: calls, status checks, C strings.
 * @module
 */
import { SYMBOLS } from "./symbols.ts";

/** An address in TensorFlow's memory. */
export type Address = bigint;

/** The library's functions. */
export type Functions = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** TensorFlow's numbers of element types (TF_DataType). */
export const TYPE = {
  float32: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
} as const;

/** An error that TensorFlow reported. */
export class TensorFlowError extends Error {
  override readonly name = "TensorFlowError";
}

/** The opened library. */
export class CApi {
  readonly f: Functions;
  readonly status: Address;
  readonly version: string;

  /** @param path libtensorflow_cc.so.2 or libtensorflow.so.2. */
  constructor(path: string) {
    this.f = Deno.dlopen(path, SYMBOLS).symbols;
    this.version = text(this.f.TF_Version());
    this.status = this.f.TF_NewStatus();
  }

  /** Throws what the last call reported, if it failed. */
  check(status: Address = this.status): void {
    if (this.f.TF_GetCode(status) === 0) return;
    throw new TensorFlowError(text(this.f.TF_Message(status)));
  }

  /** A TF_Tensor that holds a copy of the bytes. The caller deletes it. */
  tensor(shape: readonly number[], type: number, bytes: Uint8Array): Address {
    const { f } = this;
    const dims = int64s(shape);
    const size = BigInt(bytes.length);
    const tensor = f.TF_AllocateTensor(type, dims, shape.length, size);
    if (tensor === 0n) {
      throw new TensorFlowError(`Cannot allocate ${size} bytes of memory`);
    }
    if (bytes.length > 0) {
      const data = f.TF_TensorData(tensor)!;
      const view = Deno.UnsafePointerView.getArrayBuffer(data, bytes.length);
      new Uint8Array(view).set(bytes);
    }
    return tensor;
  }
}

const strings = new Map<string, Uint8Array<ArrayBuffer>>();

/** A zero-terminated string; kept, since names recur. */
export function cString(value: string): Uint8Array<ArrayBuffer> {
  let bytes = strings.get(value);
  if (!bytes) {
    bytes = new TextEncoder().encode(`${value}\0`);
    strings.set(value, bytes);
  }
  return bytes;
}

function text(pointer: Deno.PointerValue): string {
  return pointer === null
    ? ""
    : new Deno.UnsafePointerView(pointer).getCString();
}

/** The C string at a pointer. */
export const readCString = text;

/** Numbers as int64; never empty, since FFI refuses empty buffers. */
export function int64s(values: ArrayLike<number>): BigInt64Array<ArrayBuffer> {
  const out = new BigInt64Array(Math.max(values.length, 1));
  for (let i = 0; i < values.length; i++) out[i] = BigInt(values[i]!);
  return out;
}
