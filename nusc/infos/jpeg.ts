/**
 * Size of a JPEG from its header, without decoding it.
 * Format: ITU-T T.81, annex B.
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { DatasetError } from "../errors.ts";

/** Pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** Bytes read at once; most headers are shorter. */
const WINDOW = 2048;

/** @throws {DatasetError} if the file is missing or its header is damaged */
export function readJpegSize(path: string): ImageSize {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    throw new DatasetError(
      `Found no file ${path}. Unpack the sensor archives of this version`,
    );
  }
  try {
    const size = findFrameHeader(file);
    if (size && size.width > 0 && size.height > 0) return size;
  } finally {
    closeSync(file);
  }
  throw new DatasetError(
    `Found no JPEG header in ${path}: the file is empty, cut off or no ` +
      "image. Copy it again from the dataset's archive",
  );
}

/** Walks from segment to segment up to the one that holds the size. */
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
