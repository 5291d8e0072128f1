/**
 * PyTorch's storages (flat byte arrays) and the strided tensors over them.
 * @module
 */
import { CheckpointError } from "./error.ts";

/** Element types, named as in safetensors. */
export type PthType = "F32" | "F64" | "I32" | "I64" | "U8" | "BOOL";

/** A tensor of a checkpoint: row-major data; halves arrive as float32. */
export interface PthTensor {
  /** Type of the array; halves count as F32, small integers as I32. */
  dtype: PthType;
  /** Sizes by axis, PyTorch's order; empty for a scalar. */
  shape: number[];
  /** Contiguous, whatever the strides in the file. */
  data:
    | Float32Array
    | Float64Array
    | Int32Array
    | BigInt64Array
    | Uint8Array;
}

/** A storage named by a pickle; its bytes follow elsewhere in the file. */
export interface Storage {
  readonly key: string;
  /** Class of torch, such as `FloatStorage`. */
  readonly type: string;
  /** Its bytes, once the reader knows where they are. */
  load?: () => Uint8Array | undefined;
}

/** A view of a storage, in elements. */
export interface TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface ElementType {
  dtype: PthType;
  bytes: number;
  /** The element that starts at a byte. */
  read: (view: DataView, at: number) => number | bigint;
  /** The array for that many elements. */
  make: (length: number) => PthTensor["data"];
}

const ELEMENTS: Record<string, ElementType> = {
  FloatStorage: {
    dtype: "F32",
    bytes: 4,
    read: (view, at) => view.getFloat32(at, true),
    make: (length) => new Float32Array(length),
  },
  DoubleStorage: {
    dtype: "F64",
    bytes: 8,
    read: (view, at) => view.getFloat64(at, true),
    make: (length) => new Float64Array(length),
  },
  HalfStorage: {
    dtype: "F32",
    bytes: 2,
    read: (view, at) => halfToNumber(view.getUint16(at, true)),
    make: (length) => new Float32Array(length),
  },
  BFloat16Storage: {
    dtype: "F32",
    bytes: 2,
    read: (view, at) => bfloatToNumber(view.getUint16(at, true)),
    make: (length) => new Float32Array(length),
  },
  "torch.uint16": {
    dtype: "I32",
    bytes: 2,
    read: (view, at) => view.getUint16(at, true),
    make: (length) => new Int32Array(length),
  },
  "torch.uint32": {
    dtype: "I64",
    bytes: 4,
    read: (view, at) => BigInt(view.getUint32(at, true)),
    make: (length) => new BigInt64Array(length),
  },
  LongStorage: {
    dtype: "I64",
    bytes: 8,
    read: (view, at) => view.getBigInt64(at, true),
    make: (length) => new BigInt64Array(length),
  },
  IntStorage: {
    dtype: "I32",
    bytes: 4,
    read: (view, at) => view.getInt32(at, true),
    make: (length) => new Int32Array(length),
  },
  ShortStorage: {
    dtype: "I32",
    bytes: 2,
    read: (view, at) => view.getInt16(at, true),
    make: (length) => new Int32Array(length),
  },
  CharStorage: {
    dtype: "I32",
    bytes: 1,
    read: (view, at) => view.getInt8(at),
    make: (length) => new Int32Array(length),
  },
  ByteStorage: {
    dtype: "U8",
    bytes: 1,
    read: (view, at) => view.getUint8(at),
    make: (length) => new Uint8Array(length),
  },
  BoolStorage: {
    dtype: "BOOL",
    bytes: 1,
    read: (view, at) => view.getUint8(at),
    make: (length) => new Uint8Array(length),
  },
};

/** Bytes of one element of storage classes that are passed over only. */
const OTHER_BYTES: Record<string, number> = {
  // Counted in bytes.
  UntypedStorage: 1,
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
};

/** Bytes of one element of a storage class. */
export function elementBytes(type: string): number {
  const other = Object.hasOwn(OTHER_BYTES, type) ? OTHER_BYTES[type] : null;
  return other ?? elementOf(type).bytes;
}

/** Numbers of a view, row-major. */
export function materialize(name: string, view: TensorView): PthTensor {
  const { storage, offset, shape, strides } = view;
  const element = elementOf(storage.type, name);
  const bytes = storage.load?.();
  if (bytes === undefined) {
    throw new CheckpointError(
      `Cannot read "${name}": the file lacks its storage "${storage.key}"`,
    );
  }
  checkExtent(name, view, bytes.length / element.bytes);
  const length = shape.reduce((product, side) => product * side, 1);
  const data = element.make(length);
  if (
    isContiguous(shape, strides) && data.BYTES_PER_ELEMENT === element.bytes
  ) {
    const start = offset * element.bytes;
    const target = new Uint8Array(data.buffer);
    target.set(bytes.subarray(start, start + target.length));
  } else {
    const source = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
    forEachPosition(view, (at, i) => {
      data[i] = element.read(source, at * element.bytes);
    });
  }
  return { dtype: element.dtype, shape: [...shape], data };
}

function elementOf(type: string, name?: string): ElementType {
  const element = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined;
  if (element === undefined) {
    const kind = type.startsWith("torch.")
      ? `tensors of type ${type}`
      : `tensors of torch.${type}`;
    throw new CheckpointError(
      `Cannot read ${name === undefined ? "" : `"${name}" among `}${kind}, ` +
        `expected one of ${
          Object.keys(ELEMENTS).join(", ")
        }. Convert it in PyTorch or take it out of the file`,
    );
  }
  return element;
}

function checkExtent(name: string, view: TensorView, elements: number): void {
  const { offset, shape, strides } = view;
  if (shape.includes(0)) return;
  const last = shape.reduce(
    (sum, side, axis) => sum + (side - 1) * strides[axis]!,
    offset,
  );
  const valid = offset >= 0 && strides.every((stride) => stride >= 0) &&
    shape.length === strides.length && last < elements;
  if (!valid) {
    throw new CheckpointError(
      `Cannot read "${name}": shape [${shape}] with strides [${strides}] ` +
        `from ${offset} does not fit into ${elements} elements`,
    );
  }
}

function isContiguous(
  shape: readonly number[],
  strides: readonly number[],
): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Visits the storage position of each element in row-major order. */
function forEachPosition(
  { offset, shape, strides }: TensorView,
  visit: (position: number, index: number) => void,
): void {
  let index = 0;
  function walk(axis: number, position: number): void {
    if (axis === shape.length) return visit(position, index++);
    for (let i = 0; i < shape[axis]!; i++) {
      walk(axis + 1, position + i * strides[axis]!);
    }
  }
  walk(0, offset);
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloatToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, bits);
  return view.getFloat32(0);
}
