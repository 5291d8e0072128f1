/**
 * The safetensors format: a JSON header, then the raw tensors.
 *
 * The project's own checkpoints use it because any tool can read it and no
 * code hides in it. Half-precision arrays are widened to float32.
 * @module
 */

/** Numbers of one stored tensor; F16 and BF16 arrive as float32. */
export type StoredData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array;

/** Element types as the header names them. */
export type StoredType =
  | "F16"
  | "BF16"
  | "F32"
  | "F64"
  | "I32"
  | "I64"
  | "U8"
  | "BOOL";

/** One tensor of a file: row-major data and its shape. */
export interface StoredTensor {
  /** The file's type, so F16 although `data` is float32. */
  dtype: StoredType;
  /** Sizes by axis, PyTorch's order; empty for a scalar. */
  shape: number[];
  /** Row-major; owned by the reader, no view of the file. */
  data: StoredData;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const BYTES: Record<StoredType, number> = {
  F16: 2,
  BF16: 2,
  F32: 4,
  F64: 8,
  I32: 4,
  I64: 8,
  U8: 1,
  BOOL: 1,
};

/** Integers without an array of their own, read into wider ones. */
const WIDENED: Record<
  string,
  { bytes: number; dtype: StoredType; read: (raw: ArrayBuffer) => StoredData }
> = {
  I8: {
    bytes: 1,
    dtype: "I32",
    read: (raw) => Int32Array.from(new Int8Array(raw)),
  },
  I16: {
    bytes: 2,
    dtype: "I32",
    read: (raw) => Int32Array.from(new Int16Array(raw)),
  },
  U16: {
    bytes: 2,
    dtype: "I32",
    read: (raw) => Int32Array.from(new Uint16Array(raw)),
  },
  U32: {
    bytes: 4,
    dtype: "I64",
    read: (raw) => BigInt64Array.from([...new Uint32Array(raw)].map(BigInt)),
  },
};

/**
 * Reads all tensors of a safetensors file.
 *
 * @throws {SyntaxError} when the header or an entry contradicts the bytes.
 */
export function parseSafetensors(
  bytes: Uint8Array,
): Map<string, StoredTensor> {
  const { header, start } = readHeader(bytes);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    tensors.set(name, readEntry(name, entry, bytes, start));
  }
  return tensors;
}

/** Free-text metadata of a safetensors file, empty when it has none. */
export function safetensorsMetadata(
  bytes: Uint8Array,
): Record<string, string> {
  const { header } = readHeader(bytes);
  return Object.fromEntries(
    Object.entries(header.__metadata__ ?? {})
      .map(([key, value]) => [key, String(value)]),
  );
}

/** A tensor to write; without a type, the array's own is taken. */
export interface WritableTensor {
  /** Default: the type of the array. */
  dtype?: StoredType;
  /** Sizes by axis. */
  shape: readonly number[];
  /** Row-major, of the type's width. */
  data: StoredData | Float16Array;
}

/** Writes tensors, wide element types first so that all stay aligned. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  if (metadata !== undefined) header.__metadata__ = metadata;
  // The format forbids holes between tensors.
  const entries = [...tensors].sort(([, a], [, b]) =>
    b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT
  );
  let offset = 0;
  for (const [name, tensor] of entries) {
    const dtype = tensor.dtype ?? typeOf(tensor.data);
    checkWritable(name, dtype, tensor);
    const end = offset + tensor.data.byteLength;
    header[name] = {
      dtype,
      shape: tensor.shape,
      data_offsets: [offset, end],
    };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + offset).fill(32, 8);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(text, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of entries) {
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    file.set(raw, position);
    position += data.byteLength;
  }
  return file;
}

function typeOf(data: WritableTensor["data"]): StoredType {
  if (data instanceof Float16Array) return "F16";
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Int32Array) return "I32";
  return data instanceof BigInt64Array ? "I64" : "U8";
}

function checkWritable(
  name: string,
  dtype: StoredType,
  { shape, data }: WritableTensor,
): void {
  if (BYTES[dtype] !== data.BYTES_PER_ELEMENT) {
    throw new TypeError(
      `Cannot write "${name}" as ${dtype}: its data is a ` +
        data.constructor.name,
    );
  }
  const size = shape.reduce((product, side) => product * side, 1);
  if (size !== data.length) {
    throw new RangeError(
      `Cannot write "${name}": shape [${shape}] holds ${size} numbers, ` +
        `its data ${data.length}`,
    );
  }
}

function readHeader(
  bytes: Uint8Array,
): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) {
    throw new SyntaxError(
      `Cannot parse safetensors: ${bytes.length} bytes, expected at least 8`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const start = 8 + length;
  if (start > bytes.length) {
    throw new SyntaxError(
      `Cannot parse safetensors: the header claims ${length} bytes, ` +
        `the file has ${bytes.length}`,
    );
  }
  return { header: parseHeader(bytes.subarray(8, start)), start };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new SyntaxError(
      `Cannot parse safetensors: its header is no JSON: ${
        (error as Error).message
      }`,
    );
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) {
    return header as Record<string, unknown>;
  }
  throw new SyntaxError(
    "Cannot parse safetensors: its header is no map of tensors",
  );
}

/** Whether a header's entry has the fields that the format asks for. */
function isEntry(value: unknown): value is Entry {
  const { dtype, shape, data_offsets } = (value ?? {}) as Partial<Entry>;
  const isSizes = (list: unknown): list is number[] =>
    Array.isArray(list) &&
    list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof dtype === "string" && isSizes(shape) &&
    isSizes(data_offsets) && data_offsets.length === 2;
}

function readEntry(
  name: string,
  entry: unknown,
  bytes: Uint8Array,
  start: number,
): StoredTensor {
  if (!isEntry(entry)) {
    throw new SyntaxError(
      `Cannot read "${name}": found ${JSON.stringify(entry)}, expected ` +
        "dtype, shape and data_offsets",
    );
  }
  const dtype = entry.dtype as StoredType;
  const wide = Object.hasOwn(WIDENED, dtype) ? WIDENED[dtype] : undefined;
  const size = Object.hasOwn(BYTES, dtype) ? BYTES[dtype] : wide?.bytes;
  if (size === undefined) {
    throw new SyntaxError(
      `Cannot read "${name}": type ${entry.dtype}, expected one of ` +
        [...Object.keys(BYTES), ...Object.keys(WIDENED)].join(", "),
    );
  }
  const [from, to] = entry.data_offsets;
  const length = entry.shape.reduce((product, side) => product * side, 1);
  if (to - from !== length * size || start + to > bytes.length) {
    throw new SyntaxError(
      `Cannot read "${name}": bytes ${from} to ${to} do not hold ` +
        `${dtype} [${entry.shape}] of a ${bytes.length}-byte file`,
    );
  }
  // A copy, because offsets in the file need not be aligned.
  const raw = bytes.slice(start + from, start + to);
  const { shape } = entry;
  return wide
    ? { dtype: wide.dtype, shape, data: wide.read(raw.buffer) }
    : { dtype, shape, data: decode(dtype, raw.buffer) };
}

function decode(dtype: StoredType, buffer: ArrayBuffer): StoredData {
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return new Float64Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "I64":
      return new BigInt64Array(buffer);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer);
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "BF16": {
      const wide = Uint32Array.from(new Uint16Array(buffer), (x) => x << 16);
      return new Float32Array(wide.buffer);
    }
  }
}

/** Value of an IEEE 754 half given by its bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
