/**
 * Members of a zip file that lies in memory. Stored ones, which is how torch
 * writes them, are views of the file, so nothing is copied.
 *
 * Source of the format: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14
 * to 4.3.16 and 4.5.3.
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
import { CheckpointError } from "./error.ts";

/** A member of a zip file. */
interface Member {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  crc: number;
  compressed: number;
  size: number;
  /** Of the member's own header. */
  offset: number;
}

/** An opened zip file. */
export interface Archive {
  /** In the order of the directory. */
  readonly names: string[];
  /** Bytes of a member, checked; undefined where there is none. */
  read(name: string): Uint8Array | undefined;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const IN_ZIP64 = 0xffffffff;

/**
 * Opens a zip file.
 * @throws {CheckpointError} when its directory is damaged or cut off.
 */
export function openArchive(bytes: Uint8Array): Archive {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members = new Map<string, Member>();
  let { at, count } = directoryOf(view);
  for (; count > 0; count--) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== CENTRAL) {
      throw damaged("the directory is damaged");
    }
    const { member, next } = memberAt(view, at);
    members.set(member.name, member);
    at = next;
  }
  const checked = new Map<string, Uint8Array>();
  return {
    names: [...members.keys()],
    read(name) {
      const member = members.get(name);
      if (member === undefined) return undefined;
      const known = checked.get(name) ?? contents(bytes, view, member);
      checked.set(name, known);
      return known;
    },
  };
}

/** Where the directory starts, and how many members it lists. */
function directoryOf(view: DataView): { at: number; count: number } {
  const earliest = Math.max(0, view.byteLength - 22 - 0xffff);
  let end = view.byteLength - 22;
  while (end >= earliest && view.getUint32(end, true) !== END) end--;
  if (end < earliest) throw damaged("its end is missing, it may be cut off");
  const locator = end - 20;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR64) {
    const end64 = uint64(view, locator + 8);
    if (
      end64 + 56 <= view.byteLength && view.getUint32(end64, true) === END64
    ) {
      return { at: uint64(view, end64 + 48), count: uint64(view, end64 + 32) };
    }
  }
  return {
    at: view.getUint32(end + 16, true),
    count: view.getUint16(end + 10, true),
  };
}

function memberAt(
  view: DataView,
  at: number,
): { member: Member; next: number } {
  const [name, extra, comment] = [28, 30, 32]
    .map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
  const next = at + 46 + name + extra + comment;
  if (next > view.byteLength) throw damaged("the directory is damaged");
  const text = new Uint8Array(view.buffer, view.byteOffset + at + 46, name);
  const wide = wideFields(view, at + 46 + name, extra);
  const field = (offset: number) => {
    const value = view.getUint32(at + offset, true);
    return value === IN_ZIP64 ? wide.shift() ?? value : value;
  };
  // ZIP64 lists the fields that did not fit in this order.
  const size = field(24);
  const compressed = field(20);
  const member = {
    name: new TextDecoder().decode(text),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    size,
    compressed,
    offset: field(42),
  };
  return { member, next };
}

/** The 64-bit numbers of a member's ZIP64 field. */
function wideFields(view: DataView, from: number, length: number): number[] {
  const numbers: number[] = [];
  for (let at = from; at + 4 <= from + length;) {
    const size = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const last = Math.min(at + 4 + size, from + length);
      for (let i = at + 4; i + 8 <= last; i += 8) numbers.push(uint64(view, i));
    }
    at += 4 + size;
  }
  return numbers;
}

function contents(
  bytes: Uint8Array,
  view: DataView,
  { name, method, crc, compressed, size, offset }: Member,
): Uint8Array {
  if (
    offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL
  ) throw damaged(`"${name}" is not where the directory says`);
  const start = offset + 30 + view.getUint16(offset + 26, true) +
    view.getUint16(offset + 28, true);
  if (start + compressed > bytes.length) throw damaged(`"${name}" is cut off`);
  const packed = bytes.subarray(start, start + compressed);
  if (method !== 0 && method !== 8) {
    throw damaged(`"${name}" is packed by method ${method}, expected 0 or 8`);
  }
  const plain = method === 0 ? packed : inflate(name, packed, size);
  if (plain.length !== size || crc32(plain) !== crc) {
    throw damaged(`"${name}" has the wrong checksum`);
  }
  return plain;
}

function inflate(name: string, packed: Uint8Array, size: number): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw damaged(`"${name}" cannot be unpacked`);
  }
}

function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function damaged(reason: string): CheckpointError {
  return new CheckpointError(`The zip file is damaged: ${reason}`);
}
