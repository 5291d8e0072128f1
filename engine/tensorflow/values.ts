/**
 * The values behind tfjs tensors, by number: handles on a device, host values
 * that a recorded function takes as constants, and symbols of a recording.
 * @module
 */
import { type Address, type CApi, cString, TYPE } from "./capi.ts";
import type { Device } from "./context.ts";
import type { Output } from "./function/graph.ts";

/** A value, or what stands for one. */
export interface Value {
  shape: number[];
  /** TF_DataType. */
  dtype: number;
  /** On the device; null before it is needed there, and for symbols. */
  handle: Address | null;
  /** Host bytes of a few or of equal elements, for constants. */
  host: Host | null;
  /** Of the function that is being recorded. */
  symbol: Output | null;
}

/** Bytes of all elements, or of the one that all are equal to. */
export interface Host {
  bytes: Uint8Array;
  repeats: number;
}

/**
 * Host values up to this many elements become constants; integers are mostly
 * shapes and sizes, from which output shapes follow.
 */
const SMALL = 64;
const SMALL_INTEGERS = 4096;

/** Number arrays that hold tensors. */
export type Numbers = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** The values that live. */
export class Values {
  readonly #values = new Map<number, Value>();
  #nextId = 0;

  constructor(
    readonly api: CApi,
    readonly context: Address,
    readonly device: Device,
  ) {}

  get size(): number {
    return this.#values.size;
  }

  put(value: Value): number {
    const id = this.#nextId++;
    this.#values.set(id, value);
    return id;
  }

  get(id: number): Value {
    const value = this.#values.get(id);
    if (!value) {
      throw new Error(`Cannot find tensor ${id}: disposed before use`);
    }
    return value;
  }

  delete(id: number): void {
    const { handle } = this.get(id);
    this.#values.delete(id);
    if (handle !== null) this.api.f.TFE_DeleteTensorHandle(handle);
  }

  /**
   * A value from host numbers, which are copied.
   * @param wait whether a constant may stay off the device until it is needed.
   */
  create(
    shape: readonly number[],
    dtype: number,
    data: Numbers,
    wait: boolean,
  ): number {
    const size = shape.reduce((a, b) => a * b, 1);
    if (data.length !== size) {
      throw new Error(
        `Cannot make a tensor of shape [${shape}] from ${data.length} numbers`,
      );
    }
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const limit = dtype === TYPE.int32 ? SMALL_INTEGERS : SMALL;
    const host = size <= limit
      ? { bytes: bytes.slice(), repeats: 1 }
      : wait
      ? equalElements(data, bytes)
      : null;
    const handle = wait && host ? null : this.#upload(shape, dtype, bytes);
    return this.put({ shape: [...shape], dtype, handle, host, symbol: null });
  }

  /** The value's handle on the device. */
  handle(value: Value): Address {
    if (value.symbol) {
      throw new Error("Cannot use a recorded tensor outside of its recording");
    }
    return value.handle ??= this.#upload(
      value.shape,
      value.dtype,
      expanded(value.host!),
    );
  }

  #upload(
    shape: readonly number[],
    dtype: number,
    bytes: Uint8Array,
  ): Address {
    const { api, device } = this;
    const { f, status } = api;
    const tensor = api.tensor(shape, dtype, bytes);
    const onHost = f.TFE_NewTensorHandle(tensor, status);
    f.TF_DeleteTensor(tensor);
    api.check();
    // TensorFlow's GPU kernels want int32 in host memory.
    if (device.kind === "cpu" || dtype === TYPE.int32) return onHost;
    const onDevice = f.TFE_TensorHandleCopyToDevice(
      onHost,
      this.context,
      cString(device.name),
      status,
    );
    f.TFE_DeleteTensorHandle(onHost);
    api.check();
    return onDevice;
  }
}

function equalElements(data: Numbers, bytes: Uint8Array): Host | null {
  const first = data[0];
  for (let i = 1; i < data.length; i++) {
    if (!Object.is(data[i], first)) return null;
  }
  const width = data.BYTES_PER_ELEMENT;
  return { bytes: bytes.slice(0, width), repeats: data.length };
}

function expanded({ bytes, repeats }: Host): Uint8Array {
  if (repeats === 1) return bytes;
  const all = new Uint8Array(bytes.length * repeats);
  for (let i = 0; i < all.length; i += bytes.length) all.set(bytes, i);
  return all;
}
