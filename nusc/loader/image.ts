/**
 * Pixels of a resized image to network input: crop, flip, rotation and
 * normalisation in one pass.
 * @module
 */
import type { Window } from "./resample/mod.ts";
import { turnedFrom } from "./turn.ts";
import type { View } from "./view.ts";

/** A part of a resized image, in its pixels. */
export interface Part extends Window {
  /** Bytes from row to row. */
  stride: number;
  /** RGB, 3 bytes a pixel. */
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
 * The part of the resized image that a view shows, or null if it shows
 * nothing of it.
 */
export function windowOf(view: View): Window | null {
  const left = Math.max(view.left, 0);
  const top = Math.max(view.top, 0);
  const right = Math.min(view.left + view.width, view.resizedWidth);
  const bottom = Math.min(view.top + view.height, view.resizedHeight);
  if (right <= left || bottom <= top) return null;
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * Crops, flips and turns resized pixels into network input; pixels outside
 * the resized image are black before normalisation, as Pillow's crop leaves
 * them.
 * @param part all that {@link windowOf} asks for, or more; null is black.
 * @param out [height, width, 3], written from `offset`.
 */
export function writeInput(
  part: Part | null,
  view: View,
  normalization: Normalization,
  out: Float32Array,
  offset: number,
): void {
  const table = valueTable(normalization);
  const target = out.subarray(offset, offset + view.height * view.width * 3);
  if (!part) return fillBlack(table, target, 0, target.length);
  if (view.rotate !== 0) return writeTurned(part, view, table, target);
  const x0 = Math.max(part.left - view.left, 0);
  const x1 = Math.min(part.left + part.width - view.left, view.width);
  for (let y = 0; y < view.height; y++) {
    const row = y * view.width * 3;
    const end = row + view.width * 3;
    const sy = y + view.top - part.top;
    if (sy < 0 || sy >= part.height || x1 <= x0) {
      fillBlack(table, target, row, end);
      continue;
    }
    const from = sy * part.stride + (x0 + view.left - part.left) * 3;
    const first = view.flip ? view.width - x1 : x0;
    const last = first + x1 - x0;
    fillBlack(table, target, row, row + first * 3);
    const pixels = part.data.subarray(from, from + (x1 - x0) * 3);
    writeRow(pixels, view.flip, table, target, row + first * 3);
    fillBlack(table, target, row + last * 3, end);
  }
}

/** Normalised values of every byte, by channel of the network. */
interface ValueTable {
  /** Where channel 0 of the network lies in a source pixel: 0 or 2. */
  red: number;
  values: [Float32Array, Float32Array, Float32Array];
}

function writeRow(
  pixels: Uint8Array,
  flip: boolean,
  { red, values: [first, second, third] }: ValueTable,
  out: Float32Array,
  to: number,
): void {
  const step = flip ? -3 : 3;
  let from = flip ? pixels.length - 3 : 0;
  for (let count = pixels.length / 3; count > 0; count--) {
    out[to] = first[pixels[from + red]!]!;
    out[to + 1] = second[pixels[from + 1]!]!;
    out[to + 2] = third[pixels[from + 2 - red]!]!;
    from += step;
    to += 3;
  }
}

/** As {@link writeInput}, pixel by pixel. */
function writeTurned(
  part: Part,
  view: View,
  { red, values: [first, second, third] }: ValueTable,
  out: Float32Array,
): void {
  const { width, height, flip } = view;
  turnedFrom(width, height, view.rotate).forEach((index, i) => {
    const x = index % width;
    const sx = (flip ? width - 1 - x : x) + view.left - part.left;
    const sy = Math.floor(index / width) + view.top - part.top;
    const inside = index >= 0 && sx >= 0 && sx < part.width && sy >= 0 &&
      sy < part.height;
    const from = sy * part.stride + sx * 3;
    out[3 * i] = first[inside ? part.data[from + red]! : 0]!;
    out[3 * i + 1] = second[inside ? part.data[from + 1]! : 0]!;
    out[3 * i + 2] = third[inside ? part.data[from + 2 - red]! : 0]!;
  });
}

function fillBlack(
  { values: [first, second, third] }: ValueTable,
  out: Float32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 3) {
    out[i] = first[0]!;
    out[i + 1] = second[0]!;
    out[i + 2] = third[0]!;
  }
}

/** One look-up a value instead of arithmetic. */
function valueTable({ mean, std, order }: Normalization): ValueTable {
  const values = mean.map((value, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte - value) / std[c]!)
  ) as ValueTable["values"];
  return { red: order === "rgb" ? 0 : 2, values };
}
