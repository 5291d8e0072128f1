/**
 * A self-test of the loader's pixels: bright spots are drawn on a black image,
 * the image goes through a view as camera images do, and every spot must lie
 * where one would move it by hand.
 * @module
 */
import { IMAGENET_RGB, type Part, windowOf, writeInput } from "./image.ts";
import { movedPixel } from "./move.ts";
import { planResize, Resampler } from "./resample/mod.ts";
import type { View } from "./view.ts";

interface Size {
  width: number;
  height: number;
}

/** Spots along x and y. */
const GRID = [7, 5] as const;
/** Radius of a spot in the source, as a part of the image's width. */
const RADIUS = 0.004;
/** How far a spot is looked for around its place, input pixels. */
function reachOf({ height }: Size): number {
  return Math.min(Math.max(Math.round(height / 16), 3), 8);
}

/** A spot found: how far from where it should be, input pixels. */
export interface Spot {
  x: number;
  y: number;
  error: number;
}

/**
 * The spots that a view shows whole, and by how much they are off. Resized
 * images have whole pixels: their factor is taken, not that of the matrices,
 * which in the reference's way is the unrounded one (up to a pixel apart).
 * @param source size of camera images, pixels.
 * @param write what is tested.
 */
export function checkSpots(
  view: View,
  source: Size,
  write: typeof writeInput = writeInput,
): Spot[] {
  const centers = centersOf(source);
  const part = resized(view, source, drawSpots(source, centers));
  const out = new Float32Array(view.width * view.height * 3);
  write(part, view, IMAGENET_RGB, out, 0);
  const margin = 2 * reachOf(view);
  const shown = ([x, y]: number[]) =>
    Math.min(x!, view.width - x!, y!, view.height - y!) > margin;
  // A rotation shows nothing that the crop has cut off before.
  const cropped = { ...view, rotate: 0 };
  const places = centers.map(([x, y]) => [
    x * view.resizedWidth / source.width / view.resize,
    y * view.resizedHeight / source.height / view.resize,
  ]);
  return places.filter((place) => shown(movedPixel(cropped, place)))
    .map((place) => movedPixel(view, place)).filter(shown).map(([x, y]) => {
      const found = centroid(out, view, x!, y!);
      const error = Math.hypot(found[0] - x!, found[1] - y!);
      return { x: x!, y: y!, error: Number.isNaN(error) ? Infinity : error };
    });
}

function centersOf({ width, height }: Size): [number, number][] {
  const [columns, rows] = GRID;
  return Array.from({ length: columns * rows }, (_, i) => [
    (i % columns + 0.5) * width / columns,
    (Math.floor(i / columns) + 0.5) * height / rows,
  ]);
}

/** White discs; pixel (i, j) covers [i, i + 1) × [j, j + 1). */
function drawSpots({ width, height }: Size, centers: [number, number][]) {
  const data = new Uint8Array(width * height * 3);
  const radius = Math.max(2, RADIUS * width);
  for (const [x, y] of centers) {
    for (let j = Math.floor(y - radius); j < y + radius; j++) {
      for (let i = Math.floor(x - radius); i < x + radius; i++) {
        const inside = Math.hypot(i + 0.5 - x, j + 0.5 - y) <= radius;
        if (inside) {
          data.fill(255, (j * width + i) * 3, (j * width + i) * 3 + 3);
        }
      }
    }
  }
  return data;
}

function resized(view: View, source: Size, data: Uint8Array): Part | null {
  const window = windowOf(view);
  if (!window) return null;
  const size = { width: view.resizedWidth, height: view.resizedHeight };
  const plan = planResize(source, size, window);
  const row = source.width * 3;
  const { first, count } = plan.rows;
  const rows = data.subarray(first * row, (first + count) * row);
  return { ...window, ...new Resampler().resize(plan, rows) };
}

/** Middle of the light around a place; NaN where it is dark. */
function centroid(
  image: Float32Array,
  view: View,
  x: number,
  y: number,
): [number, number] {
  const [reach, { width }] = [reachOf(view), view];
  let [sum, sx, sy] = [0, 0, 0];
  const black = (0 - IMAGENET_RGB.mean[0]) / IMAGENET_RGB.std[0];
  for (let j = Math.round(y) - reach; j < y + reach; j++) {
    for (let i = Math.round(x) - reach; i < x + reach; i++) {
      const light = image[(j * width + i) * 3]! - black;
      sum += light;
      sx += light * (i + 0.5);
      sy += light * (j + 0.5);
    }
  }
  return sum > 0.1 ? [sx / sum, sy / sum] : [NaN, NaN];
}
