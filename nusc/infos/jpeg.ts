/**
 * Size of a JPEG from its header, without decoding it, and whether it is all
 * there.
 * Format: ITU-T T.81, annex B.
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Pixels. */
export interface ImageSize {
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
}

/** Bytes read at once; most headers are shorter. */
const WINDOW = 2048;

/** Bytes behind the end of image that writers may have left. */
const TAIL = 1024;

/**
 * Size of a JPEG that has both ends, or what is wrong with it, such as `Found
 * no file`. A copy that was interrupted has a header and half a picture.
 */
export function inspectJpeg(path: string): ImageSize | string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return "Found no file";
  }
  try {
    const size = findFrameHeader(file);
    if (!size || size.width === 0 || size.height === 0) {
      return "Found no JPEG header (the file is empty, cut off or no image)";
    }
    return hasEnd(file) ? size : "Found no end of a JPEG (the file is cut off)";
  } finally {
    closeSync(file);
  }
}

/** Whether the last bytes hold the mark of an image's end. */
function hasEnd(file: number): boolean {
  const tail = new Uint8Array(TAIL);
  const { size } = fstatSync(file);
  const length = readSync(file, tail, 0, TAIL, Math.max(0, size - TAIL));
  for (let i = length - 2; i >= 0; i--) {
    if (tail[i] === 0xff && tail[i + 1] === 0xd9) return true;
  }
  return false;
}

/** Size in the header of an open file, read bit by bit. */
function findFrameHeader(file: number): ImageSize | null {
  const window = new Uint8Array(WINDOW);
  let start = 0;
  let length = readSync(file, window, 0, WINDOW, 0);
  const at = (offset: number): number => {
    if (offset < start || offset >= start + length) {
      start = offset;
      length = readSync(file, window, 0, WINDOW, offset);
    }
    return offset < start + length ? window[offset - start]! : -1;
  };
  return jpegSize(at);
}

/**
 * Walks from segment to segment of a JPEG up to the one that holds the size;
 * null if there is none.
 * @param at byte at an offset, −1 behind the end.
 */
export function jpegSize(at: (offset: number) => number): ImageSize | null {
  const word = (offset: number) => at(offset) * 256 + at(offset + 1);
  if (word(0) !== 0xffd8) return null;
  for (let offset = 2; at(offset) === 0xff;) {
    const marker = at(offset + 1);
    if (marker === 0xff) {
      // Markers may be padded with any number of 0xff.
      offset++;
      continue;
    }
    if (isFrameHeader(marker)) {
      if (at(offset + 8) < 0) return null;
      return { height: word(offset + 5), width: word(offset + 7) };
    }
    if (marker < 0 || marker === 0xd9 || marker === 0xda) return null;
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    const segment = alone ? 0 : word(offset + 2);
    if (!alone && segment < 2) return null;
    offset += 2 + segment;
  }
  return null;
}

/** SOF0 to SOF15 without DHT, JPG and DAC, which lie among them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 &&
    marker !== 0xc8 && marker !== 0xcc;
}
