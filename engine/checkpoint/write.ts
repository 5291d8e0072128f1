/**
 * Writes .pth files in torch's zip layout: a pickle that names tensors, and a
 * file of raw numbers for each storage.
 * @module
 */
import { zipSync } from "fflate";
import type { PthTensor, PthType } from "./storage.ts";

/** A tensor to write. */
export interface PthEntry {
  /** Default: the type of the array; BOOL is told apart from U8 by it. */
  dtype?: PthType;
  /** Sizes by axis; empty for a scalar. */
  shape: readonly number[];
  /** Row-major. */
  data: PthTensor["data"];
}

const STORAGES: Record<PthType, string> = {
  F32: "FloatStorage",
  F64: "DoubleStorage",
  I32: "IntStorage",
  I64: "LongStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};

/**
 * A file that `torch.load` reads as `{"state_dict": …, "meta": …}`, which is
 * what mmcv saves. Tensors with one array in common share a storage.
 *
 * @param metadata texts of `meta`.
 */
export function writePth(
  tensors: ReadonlyMap<string, PthEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const pickle = new PickleWriter();
  const storages = new Map<PthEntry["data"], string>();
  pickle.dict(() => {
    pickle.text("meta");
    pickle.dict(() => {
      for (const [key, value] of Object.entries(metadata)) {
        pickle.text(key);
        pickle.text(value);
      }
    });
    pickle.text("state_dict");
    pickle.orderedDict(() => {
      for (const [name, tensor] of tensors) {
        const known = storages.get(tensor.data);
        const key = known ?? String(storages.size);
        storages.set(tensor.data, key);
        pickle.text(name);
        pickle.tensor(key, tensor);
      }
    });
  });
  const text = (content: string) => new TextEncoder().encode(content);
  const files: Record<string, Uint8Array> = {
    "archive/data.pkl": pickle.finish(),
    "archive/byteorder": text("little"),
    "archive/version": text("3\n"),
  };
  for (const [{ buffer, byteOffset, byteLength }, key] of storages) {
    files[`archive/data/${key}`] = new Uint8Array(
      buffer,
      byteOffset,
      byteLength,
    );
  }
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
}

/** Opcodes of pickle's protocol 2, by their names in Python's pickletools. */
const OP = {
  PROTO: 0x80,
  STOP: 0x2e,
  MARK: 0x28,
  EMPTY_DICT: 0x7d,
  SETITEMS: 0x75,
  EMPTY_TUPLE: 0x29,
  TUPLE: 0x74,
  BINUNICODE: 0x58,
  BININT: 0x4a,
  NEWFALSE: 0x89,
  GLOBAL: 0x63,
  REDUCE: 0x52,
  BINPERSID: 0x51,
} as const;

/** Writes the few kinds of values that a checkpoint needs. */
class PickleWriter {
  #bytes: number[] = [];

  constructor() {
    this.#put(OP.PROTO, 2);
  }

  finish(): Uint8Array {
    this.#put(OP.STOP);
    return Uint8Array.from(this.#bytes);
  }

  text(value: string): void {
    const utf8 = new TextEncoder().encode(value);
    this.#put(OP.BINUNICODE, ...uint32(utf8.length));
    // A config in the metadata is too long to be spread.
    for (const byte of utf8) this.#bytes.push(byte);
  }

  dict(items: () => void): void {
    this.#put(OP.EMPTY_DICT, OP.MARK);
    items();
    this.#put(OP.SETITEMS);
  }

  orderedDict(items: () => void): void {
    this.#global("collections", "OrderedDict");
    this.#put(OP.EMPTY_TUPLE, OP.REDUCE, OP.MARK);
    items();
    this.#put(OP.SETITEMS);
  }

  /** _rebuild_tensor_v2(storage, offset, shape, strides, False, hooks) */
  tensor(key: string, { dtype, shape, data }: PthEntry): void {
    this.#global("torch._utils", "_rebuild_tensor_v2");
    this.#tuple(() => {
      this.#tuple(() => {
        this.text("storage");
        this.#global("torch", STORAGES[dtype ?? typeOf(data)]);
        this.text(key);
        this.text("cpu");
        this.#integer(data.length);
      });
      this.#put(OP.BINPERSID);
      this.#integer(0);
      this.#tuple(() => shape.forEach((side) => this.#integer(side)));
      const strides = shape.map((_, axis) =>
        shape.slice(axis + 1).reduce((product, side) => product * side, 1)
      );
      this.#tuple(() => strides.forEach((stride) => this.#integer(stride)));
      this.#put(OP.NEWFALSE);
      this.#global("collections", "OrderedDict");
      this.#put(OP.EMPTY_TUPLE, OP.REDUCE);
    });
    this.#put(OP.REDUCE);
  }

  #put(...bytes: number[]): void {
    this.#bytes.push(...bytes);
  }

  #tuple(items: () => void): void {
    this.#put(OP.MARK);
    items();
    this.#put(OP.TUPLE);
  }

  #integer(value: number): void {
    if (value >= 2 ** 31) {
      throw new RangeError(`Cannot write a size of ${value}, expected < 2^31`);
    }
    this.#put(OP.BININT, ...uint32(value));
  }

  #global(module: string, name: string): void {
    const text = new TextEncoder().encode(`${module}\n${name}\n`);
    this.#put(OP.GLOBAL, ...text);
  }
}

function uint32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => value >>> shift & 255);
}

function typeOf(data: PthEntry["data"]): PthType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Int32Array) return "I32";
  return data instanceof BigInt64Array ? "I64" : "U8";
}
