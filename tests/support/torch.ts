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
  const pickler = new Pickler(isZip);
  pickler.write(root);
  return { pickle: pickler.finish(), storages: pickler.storages };
}

/** Opcodes of protocol 2, by their names in Python's pickletools. */
const OP = {
  proto: 0x80,
  stop: 0x2e,
  mark: 0x28,
  none: 0x4e,
  true: 0x88,
  false: 0x89,
  integer: 0x4a,
  float: 0x47,
  text: 0x58,
  list: 0x5d,
  appends: 0x65,
  dict: 0x7d,
  setItems: 0x75,
  emptyTuple: 0x29,
  tuple: 0x74,
  newObject: 0x81,
  build: 0x62,
  reduce: 0x52,
  persistentId: 0x51,
} as const;

class Pickler {
  readonly storages: Stored[] = [];
  #parts: Buffer[] = [Buffer.from([OP.proto, 2])];

  constructor(readonly isZip: boolean) {}

  finish(): Buffer {
    this.#put(OP.stop);
    return Buffer.concat(this.#parts);
  }

  write(value: Py): void {
    if (value === null) this.#put(OP.none);
    else if (typeof value === "boolean") this.#put(value ? OP.true : OP.false);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof Tensor) this.#tensor(value);
    else if (value instanceof Call) {
      this.#global(value.module, value.name);
      this.#tuple(value.args);
      this.#put(OP.reduce);
    } else if (value instanceof Built) {
      this.#global(value.module, value.name);
      this.#put(OP.emptyTuple, OP.newObject);
      this.#tuple(value.state);
      this.#put(OP.build);
    } else if (value instanceof Map) this.#dict(value);
    else this.#list(value as readonly Py[]);
  }

  #put(...bytes: number[]): void {
    this.#parts.push(Buffer.from(bytes));
  }

  #global(module: string, name: string): void {
    this.#parts.push(Buffer.from(`c${module}\n${name}\n`));
  }

  #number(value: number): void {
    const bytes = Buffer.alloc(9);
    const isInteger = Number.isInteger(value);
    bytes[0] = isInteger ? OP.integer : OP.float;
    if (isInteger) bytes.writeInt32LE(value, 1);
    else bytes.writeDoubleBE(value, 1);
    this.#parts.push(isInteger ? bytes.subarray(0, 5) : bytes);
  }

  #text(value: string): void {
    const text = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    this.#put(OP.text);
    this.#parts.push(length, text);
  }

  #list(items: readonly Py[]): void {
    this.#put(OP.list, OP.mark);
    for (const item of items) this.write(item);
    this.#put(OP.appends);
  }

  #tuple(items: readonly Py[]): void {
    this.#put(OP.mark);
    for (const item of items) this.write(item);
    this.#put(OP.tuple);
  }

  #dict(map: ReadonlyMap<string, Py>): void {
    this.#put(OP.dict, OP.mark);
    for (const [key, item] of map) {
      this.#text(key);
      this.write(item);
    }
    this.#put(OP.setItems);
  }

  /** _rebuild_tensor_v2(storage, offset, shape, strides, False, hooks) */
  #tensor({ storage, bytes, shape, strides, offset }: Tensor): void {
    this.#global("torch._utils", "_rebuild_tensor_v2");
    this.#put(OP.mark);
    this.#storage(storage, bytes);
    this.#number(offset);
    this.#tuple(shape);
    this.#tuple(strides);
    this.#put(OP.false);
    this.#global("collections", "OrderedDict");
    this.#put(OP.emptyTuple, OP.reduce, OP.tuple, OP.reduce);
  }

  #storage(type: string, bytes: Uint8Array): void {
    const size = elementBytes(type);
    let key = this.storages.findIndex((known) => known.bytes === bytes);
    if (key < 0) key = this.storages.push({ bytes, size }) - 1;
    this.#put(OP.mark);
    this.#text("storage");
    this.#global("torch", type);
    this.#text(String(key));
    this.#text("cpu");
    this.#number(bytes.length / size);
    // The older layout names the storage that this one is a view of, if any.
    if (!this.isZip) this.#put(OP.none);
    this.#put(OP.tuple, OP.persistentId);
  }
}

function elementBytes(storage: string): number {
  if (/Half|BFloat16|Short/.test(storage)) return 2;
  if (/Double|Long/.test(storage)) return 8;
  return /Byte|Bool|Char/.test(storage) ? 1 : 4;
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
