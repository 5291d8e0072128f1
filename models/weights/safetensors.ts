/**
 * The safetensors format: 8 bytes of header length, a JSON header, raw
 * little-endian data.
 * @module
 */

/** Element types that are read; F16 and BF16 come out as float32. */
type Dtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "U8"
  | "BOOL";

/** Numbers of an array. */
export type ArrayData =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint8Array
  | BigInt64Array;

/** An array read from a file. */
export interface StoredArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: ArrayData;
}

/** A file's arrays by name and its free-form metadata. */
export interface SafetensorsFile {
  readonly tensors: Map<string, StoredArray>;
  readonly metadata: Record<string, string>;
}

interface HeaderEntry {
  dtype: Dtype;
  shape: number[];
  data_offsets: [number, number];
}

const ELEMENT_BYTES: Record<Dtype, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U8: 1,
  BOOL: 1,
};

/**
 * Reads a whole file.
 * @throws {SyntaxError} if it is cut short or is no safetensors file.
 */
export function parseSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw new SyntaxError("Cannot read: under 8 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > bytes.length) {
    throw new SyntaxError(
      `Cannot read: header of ${length} bytes in a file of ${bytes.length}`,
    );
  }
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
  ) as Record<string, HeaderEntry> & { __metadata__?: Record<string, string> };
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, StoredArray>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, readArray(name, entry, bytes.subarray(8 + length)));
  }
  return { tensors, metadata };
}

function readArray(
  name: string,
  { dtype, shape, data_offsets: [start, end] }: HeaderEntry,
  body: Uint8Array,
): StoredArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const width = ELEMENT_BYTES[dtype];
  if (!width) throw new SyntaxError(`Cannot read ${name}: dtype ${dtype}`);
  if (end - start !== size * width || end > body.length) {
    throw new SyntaxError(
      `Cannot read ${name}: ${dtype} of shape [${shape}] wants ` +
        `${size * width} bytes, the file holds ` +
        `${Math.max(0, Math.min(end, body.length) - start)}`,
    );
  }
  // A copy: the file's data need not be aligned for typed arrays.
  const raw = body.slice(start, end).buffer;
  return { dtype, shape, data: decode(dtype, raw) };
}

function decode(dtype: Dtype, raw: ArrayBuffer): ArrayData {
  switch (dtype) {
    case "F64":
      return new Float64Array(raw);
    case "F32":
      return new Float32Array(raw);
    case "I32":
      return new Int32Array(raw);
    case "I64":
      return new BigInt64Array(raw);
    case "U8":
    case "BOOL":
      return new Uint8Array(raw);
    case "F16":
      return Float32Array.from(new Uint16Array(raw), halfToNumber);
    case "BF16": {
      const wide = Uint32Array.from(new Uint16Array(raw), (x) => x << 16);
      return new Float32Array(wide.buffer);
    }
  }
}

/** The number that 16 bits of IEEE half precision stand for. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Writes arrays in the order of the map.
 * @param arrays row-major data; its type decides the file's dtype.
 */
export function writeSafetensors(
  arrays: ReadonlyMap<
    string,
    { data: ArrayData; shape: readonly number[] }
  >,
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { data, shape }] of arrays) {
    const end = offset + data.byteLength;
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, end] };
    offset = end;
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - text.length % 8) % 8);
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + head.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const { data } of arrays.values()) {
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      at,
    );
    at += data.byteLength;
  }
  return bytes;
}

function dtypeOf(data: ArrayData): Dtype {
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof BigInt64Array) return "I64";
  return "U8";
}
