/**
 * Single members out of a zip file, streamed: a wheel's library is far larger
 * than what should be held in memory.
 *
 * Source of the format: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16.
 * @module
 */
import { LibraryError } from "./error.ts";

/** A member of a zip file. */
export interface ZipMember {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  compressed: number;
  size: number;
  /** Of the member's own header. */
  offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const CHUNK = 1 << 18;

/** Reads the members' names and places. */
export async function zipMembers(
  file: Deno.FsFile,
): Promise<Map<string, ZipMember>> {
  const size = await file.seek(0, Deno.SeekMode.End);
  const tail = Math.min(size, END_SIZE + LONGEST_COMMENT);
  const end = await readAt(file, size - tail, tail);
  let at = tail - END_SIZE;
  while (at >= 0 && end.getUint32(at, true) !== END) at--;
  if (at < 0) throw new LibraryError("The file is no complete zip archive");
  const length = end.getUint32(at + 12, true);
  const start = end.getUint32(at + 16, true);
  const count = end.getUint16(at + 10, true);
  if (start + length > size) {
    throw new LibraryError("The zip archive's directory is outside the file");
  }
  const members = directory(await readAt(file, start, length));
  if (members.size !== count) {
    throw new LibraryError("The zip archive's directory is damaged");
  }
  return members;
}

function directory(view: DataView): Map<string, ZipMember> {
  const members = new Map<string, ZipMember>();
  const text = new TextDecoder();
  let at = 0;
  while (at + 46 <= view.byteLength && view.getUint32(at, true) === CENTRAL) {
    const lengths = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const [nameLength = 0, extra = 0, comment = 0] = lengths;
    const name = text.decode(
      new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength),
    );
    members.set(name, {
      name,
      method: view.getUint16(at + 10, true),
      compressed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + extra + comment;
  }
  return members;
}

/** Unpacks one member into a new file. `onBytes` hears of bytes written. */
export async function unpack(
  file: Deno.FsFile,
  member: ZipMember,
  target: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  const header = await readAt(file, member.offset, 30);
  if (header.getUint32(0, true) !== LOCAL) {
    throw new LibraryError(`The zip archive is damaged at ${member.name}`);
  }
  const start = member.offset + 30 + header.getUint16(26, true) +
    header.getUint16(28, true);
  const packed = range(file, start, member.compressed);
  const plain = member.method === 0
    ? packed
    : packed.pipeThrough(new DecompressionStream("deflate-raw"));
  using out = await Deno.open(target, { createNew: true, write: true });
  let written = 0;
  for await (const chunk of plain) {
    for (let done = 0; done < chunk.length;) {
      done += await out.write(chunk.subarray(done));
    }
    written += chunk.length;
    onBytes(chunk.length);
  }
  if (written !== member.size) {
    throw new LibraryError(
      `${member.name} unpacked to ${written} bytes, expected ${member.size}`,
    );
  }
}

/** Part of a file as a stream. */
function range(
  file: Deno.FsFile,
  start: number,
  length: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = start;
  const end = start + length;
  return new ReadableStream({
    async pull(controller) {
      const view = await readAt(file, at, Math.min(CHUNK, end - at));
      at += view.byteLength;
      controller.enqueue(new Uint8Array(view.buffer as ArrayBuffer));
      if (at === end) controller.close();
    },
  }, { highWaterMark: 1 });
}

async function readAt(
  file: Deno.FsFile,
  start: number,
  length: number,
): Promise<DataView> {
  const bytes = new Uint8Array(length);
  await file.seek(start, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const count = await file.read(bytes.subarray(done));
    if (count === null) throw new LibraryError("The zip archive is cut short");
    done += count;
  }
  return new DataView(bytes.buffer);
}
