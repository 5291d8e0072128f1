/**
 * Writes files as torch.save does, zip and legacy, from values as Python's
 * pickle would find them. It shares no code with the writer under test.
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** What can be pickled here. */
export type Py =
  | null
  | boolean
  | number
  | string
  | readonly Py[]
  | ReadonlyMap<string, Py>
  | Tensor
  | Call
  | Built;

/** A tensor over a storage. */
export class Tensor {
  constructor(
    /** Class of torch, such as `HalfStorage`. */
    readonly storage: string,
    readonly bytes: Uint8Array,
    readonly shape: readonly number[],
    readonly strides: readonly number[] = contiguous(shape),
    readonly offset = 0,
  ) {}
}

/** A call of a function by name, as `__reduce__` gives one. */
export class Call {
  constructor(
    readonly module: string,
    readonly name: string,
    readonly args: readonly Py[],
  ) {}
}

/** An object made empty by its class and then given a state. */
export class Built {
  constructor(
    readonly module: string,
    readonly name: string,
    readonly state: readonly Py[],
  ) {}
}

/** A float32 tensor. */
export function floats(shape: readonly number[], values: Iterable<number>) {
  const data = Float32Array.from(values);
  return new Tensor("FloatStorage", new Uint8Array(data.buffer), shape);
}

/** torch.save(root, …): a zip of a pickle and a member a storage. */
export function torchZip(root: Py): Uint8Array {
  const { pickle, storages } = pickled(root, true);
  return zip([
    ["archive/data.pkl", pickle],
    ["archive/byteorder", Buffer.from("little")],
    ...storages.map(({ bytes }, key): [string, Uint8Array] => [
      `archive/data/${key}`,
      bytes,
    ]),
    ["archive/version", Buffer.from("3\n")],
  ]);
}

/** The layout before torch 1.6: pickles in a row, then storages. */
export function torchLegacy(root: Py): Uint8Array {
  const { pickle, storages } = pickled(root, false);
  const system = pickled(
    new Map<string, Py>([["protocol_version", 1001], ["little_endian", true]]),
    false,
  );
  const keys = pickled(storages.map((_, key) => String(key)), false);
  const raw = storages.flatMap(({ bytes, size }) => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(bytes.length / size));
    return [count, Buffer.from(bytes)];
  });
  return Buffer.concat([
    // 0x1950a86a20f9469cfc6c as a long of ten bytes, then version 1001.
    Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex"),
    Buffer.from("80024de9032e", "hex"),
    system.pickle,
    pickle,
    keys.pickle,
    ...raw,
  ]);
}

interface Stored {
  bytes: Uint8Array;
  /** Bytes of an element. */
  size: number;
}

function pickled(root: Py, isZip: boolean) {
  const storages: Stored[] = [];
  const parts: Buffer[] = [Buffer.from([0x80, 2])];
  const put = (...bytes: number[]) => parts.push(Buffer.from(bytes));
  const global = (module: string, name: string) =>
    parts.push(Buffer.from(`c${module}\n${name}\n`));
  const tuple = (items: readonly Py[]) => {
    put(0x28);
    items.forEach(write);
    put(0x74);
  };
  function write(value: Py): void {
    if (value === null) put(0x4e);
    else if (typeof value === "boolean") put(value ? 0x88 : 0x89);
    else if (typeof value === "number") writeNumber(value);
    else if (typeof value === "string") writeText(value);
    else if (value instanceof Tensor) writeTensor(value);
    else if (value instanceof Call) {
      global(value.module, value.name);
      tuple(value.args);
      put(0x52);
    } else if (value instanceof Built) {
      global(value.module, value.name);
      put(0x29, 0x81);
      tuple(value.state);
      put(0x62);
    } else if (value instanceof Map) writeDict(value);
    else if (Array.isArray(value)) {
      put(0x5d, 0x28);
      value.forEach(write);
      put(0x65);
    }
  }
  function writeNumber(value: number): void {
    const bytes = Buffer.alloc(9);
    if (Number.isInteger(value)) {
      bytes[0] = 0x4a;
      bytes.writeInt32LE(value, 1);
      parts.push(bytes.subarray(0, 5));
    } else {
      bytes[0] = 0x47;
      bytes.writeDoubleBE(value, 1);
      parts.push(bytes);
    }
  }
  function writeText(value: string): void {
    const text = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    put(0x58);
    parts.push(length, text);
  }
  function writeDict(map: ReadonlyMap<string, Py>): void {
    put(0x7d, 0x28);
    for (const [key, item] of map) {
      writeText(key);
      write(item);
    }
    put(0x75);
  }
  function writeTensor({ storage, bytes, shape, strides, offset }: Tensor) {
    const size = /Half|BFloat16|Short/.test(storage)
      ? 2
      : /Double|Long/.test(storage)
      ? 8
      : /Byte|Bool|Char/.test(storage)
      ? 1
      : 4;
    let key = storages.findIndex((known) => known.bytes === bytes);
    if (key < 0) key = storages.push({ bytes, size }) - 1;
    global("torch._utils", "_rebuild_tensor_v2");
    put(0x28, 0x28);
    writeText("storage");
    global("torch", storage);
    writeText(String(key));
    writeText("cpu");
    writeNumber(bytes.length / size);
    // The older layout names the storage that this one is a view of, if any.
    if (!isZip) write(null);
    put(0x74, 0x51);
    writeNumber(offset);
    tuple(shape);
    tuple(strides);
    put(0x89);
    global("collections", "OrderedDict");
    put(0x29, 0x52, 0x74, 0x52);
  }
  write(root);
  put(0x2e);
  return { pickle: Buffer.concat(parts), storages };
}

function contiguous(shape: readonly number[]): number[] {
  return shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, side) => product * side, 1)
  );
}

/** A zip file of stored members. */
export function zip(members: [string, Uint8Array][]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of members) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.from("504b01021400", "hex"),
      common,
      place,
      Buffer.from(name),
    );
    const member = [
      Buffer.from("504b0304", "hex"),
      common,
      Buffer.from(name),
      Buffer.from(bytes),
    ];
    parts.push(...member);
    offset += Buffer.concat(member).length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  const listing = Buffer.concat(directory);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}
