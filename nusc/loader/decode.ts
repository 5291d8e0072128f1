/**
 * Camera files to pixels. libvips decodes JPEG with libjpeg's exact integer
 * transform and smooth chroma, as OpenCV and Pillow do: equal to the bit.
 * @module
 */
import type { Sharp } from "sharp";
import { DatasetError } from "../errors.ts";
import { type ImageSize, inspectJpeg, jpegSize } from "../infos/jpeg.ts";

/** Decoded RGB pixels, row-major, 3 bytes a pixel. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Which rows of an image are wanted. */
export interface RowRange {
  first: number;
  count: number;
}

/**
 * Rows of an image.
 * @param size of the whole image, as sample_data.json has it, pixels.
 * @throws {DatasetError} if the file is missing, does not decode or has
 *   another size.
 */
export async function decodeRows(
  path: string,
  size: ImageSize,
  rows: RowRange,
): Promise<Pixels> {
  const bytes = await readBytes(path);
  const { width, height } = size;
  const found = jpegSize((offset) => bytes[offset] ?? -1);
  if (found && (found.width !== width || found.height !== height)) {
    throw new DatasetError(
      `Found an image of ${found.width}x${found.height} pixels, expected ` +
        `${width}x${height} as when its infos were made: ${path}. Run ` +
        "create-data again",
    );
  }
  const area = { left: 0, top: rows.first, width, height: rows.count };
  const whole = rows.count === height;
  return await decode(
    path,
    bytes,
    (image) => whole ? image : image.extract(area),
  );
}

/**
 * A whole image in another size by libvips' antialiased bicubic filter; it
 * agrees with Pillow's within 3 grey levels.
 * @throws {DatasetError} if the file is missing or does not decode.
 */
export async function decodeResized(
  path: string,
  width: number,
  height: number,
): Promise<Pixels> {
  // Shrinking while decoding would be another filter.
  return await decode(
    path,
    await readBytes(path),
    (image) =>
      image.resize(width, height, {
        kernel: "cubic",
        fit: "fill",
        fastShrinkOnLoad: false,
      }),
  );
}

async function decode(
  path: string,
  bytes: Uint8Array,
  prepare: (image: Sharp) => Sharp,
): Promise<Pixels> {
  const { default: open } = await import("sharp");
  try {
    // Colour profiles are ignored, as OpenCV ignores them.
    const image = open(bytes, { failOn: "truncated", ignoreIcc: true });
    const { data, info } = await prepare(image).removeAlpha()
      .toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw new DatasetError(
      `Cannot decode the image ${path}: ${reasonOf(path, error as Error)}. ` +
        "Copy this file again from the dataset's archive",
    );
  }
}

/**
 * What is wrong with a file. Images that are decoded at the same time share
 * libvips' message, so it is asked only where the file has both ends.
 */
function reasonOf(path: string, { message }: Error): string {
  const found = inspectJpeg(path);
  return typeof found === "string" ? found : message.trim();
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DatasetError(
      `Cannot find the image ${path}, which sample_data.json names. ` +
        "Unpack the dataset's sensor archives under the same root",
    );
  }
}
