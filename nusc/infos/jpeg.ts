/**
 * Size of a JPEG from its header.
 * @module
 */
import { DatasetError } from "../errors.ts";

/** Bytes read at first; headers of cameras are shorter. */
const HEAD = 4096;

/**
 * [width, height] in pixels.
 * @throws {DatasetError} if the file is no JPEG or ends within its header.
 */
export function jpegSize(path: string): [number, number] {
  using file = Deno.openSync(path);
  let bytes = new Uint8Array(HEAD);
  let length = file.readSync(bytes) ?? 0;
  let size = frameSize(bytes.subarray(0, length));
  if (size === "more") {
    bytes = Deno.readFileSync(path);
    length = bytes.length;
    size = frameSize(bytes);
  }
  if (size !== "more" && size !== "no") return size;
  throw new DatasetError(
    `Cannot read the image ${path}: ${length} bytes hold no whole JPEG ` +
      "header. Copy this file again from the dataset's archive",
  );
}

/** Walks the segments up to the frame header (SOF). */
function frameSize(bytes: Uint8Array): [number, number] | "more" | "no" {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return "no";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return "no";
    const marker = bytes[at + 1]!;
    const other = marker === 0xc4 || marker === 0xc8 || marker === 0xcc;
    if (marker >= 0xc0 && marker <= 0xcf && !other) {
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
    at += 2 + view.getUint16(at + 2);
  }
  return "more";
}
