/**
 * The interface of tfjs-node's compiled addon (TFJSBinding), written over
 * TensorFlow's C API: tfjs-node's own kernels run on it unmodified. While a
 * function is recorded, the same calls add nodes to a graph.
 *
 * Source of the interface: tfjs-node/src/tfjs_binding.ts.
 * @module
 */
import { type Attribute, setAttributes } from "./attributes.ts";
import { type Address, type CApi, cString, TYPE } from "./capi.ts";
import { type Captured, type Output, Recording } from "./recording.ts";

/** What kernels get back: enough for a tfjs tensor. */
export interface Meta {
  id: number;
  shape: number[];
  dtype: number;
}

/** A value on a device, or a symbol of the function being recorded. */
interface Entry {
  handle: Address | null;
  symbol: Output | null;
  shape: number[];
  dtype: number;
  /** Bytes of a small host value: recorded functions take it as constant. */
  small: Uint8Array | null;
}

/** Values up to this many elements become constants of recorded functions. */
const SMALL = 64;

/** Where operations run. */
export interface Device {
  kind: "cpu" | "gpu";
  name: string;
}

/** tfjs-node's door to TensorFlow. */
export class Binding {
  // Constants that tfjs-node's kernels read off the binding.
  readonly TF_FLOAT = TYPE.float32;
  readonly TF_INT32 = TYPE.int32;
  readonly TF_UINT8 = TYPE.uint8;
  readonly TF_STRING = TYPE.string;
  readonly TF_COMPLEX64 = 8;
  readonly TF_INT64 = TYPE.int64;
  readonly TF_BOOL = TYPE.bool;
  readonly TF_RESOURCE = 20;
  readonly TF_ATTR_STRING = 0;
  readonly TF_ATTR_INT = 1;
  readonly TF_ATTR_FLOAT = 2;
  readonly TF_ATTR_BOOL = 3;
  readonly TF_ATTR_TYPE = 4;
  readonly TF_ATTR_SHAPE = 5;
  readonly TF_ATTR_RESOURCE = 6;
  readonly TensorMetadata = class {};
  readonly TFEOpAttr = class {};
  readonly TF_Version: string;

  readonly #entries = new Map<number, Entry>();
  #nextId = 0;
  #outputs = new BigUint64Array(64);
  readonly #count = new Int32Array(1);
  #recording: Recording | null = null;

  constructor(
    readonly api: CApi,
    readonly context: Address,
    readonly device: Device,
  ) {
    this.TF_Version = api.version;
  }

  isUsingGpuDevice(): boolean {
    return this.device.kind === "gpu";
  }

  getNumOfTensors(): number {
    return this.#entries.size;
  }

  getNumOfSavedModels(): number {
    return 0;
  }

  #put(entry: Entry): number {
    const id = this.#nextId++;
    this.#entries.set(id, entry);
    return id;
  }

  #get(id: number): Entry {
    const entry = this.#entries.get(id);
    if (!entry) {
      throw new Error(`Cannot find tensor ${id}: disposed before use`);
    }
    return entry;
  }

  /** A device value from host numbers. */
  createTensor(shape: number[], dtype: number, values: unknown): number {
    const data = typed(values, dtype);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const size = shape.reduce((a, b) => a * b, 1);
    if (data.length !== size) {
      throw new Error(
        `Cannot make a tensor of shape [${shape}] from ${data.length} numbers`,
      );
    }
    const handle = this.#upload(shape, dtype, bytes);
    const small = size <= SMALL ? bytes.slice() : null;
    return this.#put({ handle, symbol: null, shape: [...shape], dtype, small });
  }

  #upload(shape: number[], dtype: number, bytes: Uint8Array): Address {
    const { api } = this;
    const { f, status } = api;
    const tensor = api.tensor(shape, dtype, bytes);
    const onHost = f.TFE_NewTensorHandle(tensor, status);
    api.check();
    f.TF_DeleteTensor(tensor);
    // TensorFlow's GPU kernels want int32 in host memory.
    if (this.device.kind === "cpu" || dtype === TYPE.int32) return onHost;
    const onDevice = f.TFE_TensorHandleCopyToDevice(
      onHost,
      this.context,
      cString(this.device.name),
      status,
    );
    api.check();
    f.TFE_DeleteTensorHandle(onHost);
    return onDevice;
  }

  deleteTensor(id: number): void {
    const { handle } = this.#get(id);
    this.#entries.delete(id);
    if (handle !== null) this.api.f.TFE_DeleteTensorHandle(handle);
  }

  /** Host copy of a value. */
  tensorDataSync(id: number): ArrayBufferView {
    const { handle, dtype } = this.#get(id);
    if (handle === null) {
      throw new Error(
        "Cannot read a tensor's value while a function is recorded: it has " +
          "none yet. Return the tensor and read it after a run",
      );
    }
    const { api } = this;
    const tensor = api.f.TFE_TensorHandleResolve(handle, api.status);
    api.check();
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

  /** Runs, or records, one operation. */
  executeOp(
    name: string,
    attributes: Attribute[],
    ids: number[],
    count: number,
  ): Meta[] {
    if (!this.#recording) {
      const handles = ids.map((id) => this.handleOf(id));
      return this.execute(name, attributes, handles, count);
    }
    const inputs = ids.map((id) => this.symbolOf(id));
    return this.#recording.operation(name, attributes, inputs, count)
      .map(({ output, shape, dtype }) => this.#symbol(output, shape, dtype));
  }

  /** The device value of a tensor; it has none while it is recorded. */
  handleOf(id: number): Address {
    const { handle } = this.#get(id);
    if (handle === null) {
      throw new Error("Cannot use a recorded tensor outside of its recording");
    }
    return handle;
  }

  /** Runs an operation or a function at once. */
  execute(
    name: string,
    attributes: readonly Attribute[],
    handles: readonly Address[],
    count: number,
  ): Meta[] {
    const { api } = this;
    const { f, status } = api;
    const op = f.TFE_NewOp(this.context, cString(name), status);
    api.check();
    try {
      for (const handle of handles) {
        f.TFE_OpAddInput(op, handle, status);
        api.check();
      }
      setAttributes(api, "TFE_Op", op, attributes);
      api.check();
      if (count > this.#outputs.length) {
        this.#outputs = new BigUint64Array(count);
      }
      this.#count[0] = count;
      f.TFE_Execute(op, this.#outputs, this.#count, status);
      api.check();
    } finally {
      f.TFE_DeleteOp(op);
    }
    return Array.from(
      this.#outputs.subarray(0, count),
      (handle) => this.#adopt(handle),
    );
  }

  #adopt(handle: Address): Meta {
    const { f, status } = this.api;
    const rank = f.TFE_TensorHandleNumDims(handle, status);
    const shape = Array.from(
      { length: rank },
      (_, i) => f.TFE_TensorHandleDim(handle, i, status),
    );
    const dtype = f.TFE_TensorHandleDataType(handle);
    const entry = { handle, symbol: null, shape, dtype, small: null };
    return { id: this.#put(entry), shape, dtype };
  }

  #symbol(symbol: Output, shape: number[], dtype: number): Meta {
    const entry = { handle: null, symbol, shape, dtype, small: null };
    return { id: this.#put(entry), shape, dtype };
  }

  // ---- recording ----

  /** Calls `body` while operations go into the recording. */
  record<T>(recording: Recording, body: () => T): T {
    if (this.#recording) throw new Error("Cannot record inside a recording");
    this.#recording = recording;
    try {
      return body();
    } finally {
      this.#recording = null;
    }
  }

  /** A fresh input of the recording. */
  placeholder(shape: number[], dtype: number): Meta & { output: Output } {
    const output = this.#recording!.placeholder(shape, dtype);
    return { ...this.#symbol(output, shape, dtype), output };
  }

  /** What stands for a tensor in the recording: a node, constant or capture. */
  symbolOf(id: number): Output {
    const recording = this.#recording!;
    const entry = this.#get(id);
    if (entry.symbol) return entry.symbol;
    const known = recording.captured.get(id);
    if (known) return known.placeholder;
    if (entry.small) {
      // Not remembered by id: ids of short-lived constants are never reused.
      return recording.constant(entry.shape, entry.dtype, entry.small);
    }
    const captured = this.#capture(recording, entry);
    recording.captured.set(id, captured);
    return captured.placeholder;
  }

  #capture(recording: Recording, { handle, shape, dtype }: Entry): Captured {
    const { api } = this;
    const own = api.f.TFE_TensorHandleCopySharingTensor(handle!, api.status);
    api.check();
    return { placeholder: recording.placeholder(shape, dtype), handle: own };
  }
}

type Typed =
  | Float32Array
  | Int32Array
  | Uint8Array
  | BigInt64Array;

function typed(values: unknown, dtype: number): Typed {
  if (!Array.isArray(values)) return values as Typed;
  if (dtype === TYPE.float32) return Float32Array.from(values);
  if (dtype === TYPE.int32) return Int32Array.from(values);
  return Uint8Array.from(values);
}
