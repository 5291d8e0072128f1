/**
 * Decodes camera images and puts them through a view.
 * @module
 */
import { DatasetError } from "../errors.ts";
import type { View } from "./view.ts";

/** Decoded RGB pixels, row-major, 3 bytes a pixel. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

/** How pixels become numbers: (value − mean) / std per channel, in order. */
export interface Normalization {
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
  /** Channel order of the network; mean and std are in this order. */
  order: "rgb" | "bgr";
}

/** torchvision's constants: ResNet and EVA backbones. */
export const IMAGENET_RGB: Normalization = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
  order: "rgb",
};

/** The same numbers, channels left in OpenCV's order: V2-99 backbones. */
export const IMAGENET_BGR: Normalization = {
  mean: [103.53, 116.28, 123.675],
  std: [57.375, 57.12, 58.395],
  order: "bgr",
};

/**
 * Reads a JPEG and resizes it with Pillow's default filter (antialiased
 * bicubic; libvips agrees within 3 grey levels).
 * @throws {DatasetError} if the file is missing or does not decode.
 */
export async function readResized(
  path: string,
  width: number,
  height: number,
): Promise<Pixels> {
  const { default: sharp } = await import("sharp");
  const bytes = await readBytes(path);
  try {
    const { data, info } = await sharp(bytes, { failOn: "truncated" })
      .resize(width, height, {
        kernel: "cubic",
        fit: "fill",
        fastShrinkOnLoad: false,
      })
      .removeAlpha().toColourspace("srgb").raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw new DatasetError(
      `Cannot decode the image ${path}: ${(error as Error).message.trim()}. ` +
        "Copy this file again from the dataset's archive",
    );
  }
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

/**
 * Crops and flips resized pixels into network input; pixels outside the
 * resized image are black before normalisation, as Pillow's crop leaves them.
 * @param out [height, width, 3], written from `offset`.
 */
export function writeInput(
  pixels: Pixels,
  view: View,
  { mean, std, order }: Normalization,
  out: Float32Array,
  offset: number,
): void {
  const table = valueTable(mean, std);
  const source = order === "rgb" ? [0, 1, 2] : [2, 1, 0];
  const [first, second, third] = source as [number, number, number];
  const { width, height, data } = pixels;
  let to = offset;
  for (let y = 0; y < view.height; y++) {
    const sy = y + view.top;
    const rowInside = sy >= 0 && sy < height;
    for (let x = 0; x < view.width; x++, to += 3) {
      const sx = (view.flip ? view.width - 1 - x : x) + view.left;
      const inside = rowInside && sx >= 0 && sx < width;
      const from = (sy * width + sx) * 3;
      out[to] = table[inside ? data[from + first]! : 0]!;
      out[to + 1] = table[256 + (inside ? data[from + second]! : 0)]!;
      out[to + 2] = table[512 + (inside ? data[from + third]! : 0)]!;
    }
  }
}

/** Normalised value of every byte, 256 a channel: one look-up a pixel. */
function valueTable(
  mean: readonly number[],
  std: readonly number[],
): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let c = 0; c < 3; c++) {
    for (let value = 0; value < 256; value++) {
      table[c * 256 + value] = (value - mean[c]!) / std[c]!;
    }
  }
  return table;
}
