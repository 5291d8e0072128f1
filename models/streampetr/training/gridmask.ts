/**
 * GridMask (Chen et al. 2020): zeroes a grid of squares of training images.
 *
 * Source: utils/grid_mask.py of exiawsh/StreamPETR with its settings (both
 * axes, no rotation, ratio 0.5, mode 1): pixels on the union of horizontal
 * and vertical stripes stay.
 * @module
 */
import type { Random } from "../../random.ts";

/** The draws that a mask needs. */
export type GridMaskRandom = Pick<Random, "uniform" | "integer">;

const RATIO = 0.5;

/**
 * One mask for all images of a batch.
 *
 * @param probability of masking at all.
 * @returns [height, width] of 1 (kept) and 0; all ones where nothing is
 *   masked.
 */
export function gridMask(
  height: number,
  width: number,
  probability: number,
  random: GridMaskRandom,
): Float32Array {
  if (random.uniform() > probability) {
    return new Float32Array(height * width).fill(1);
  }
  const period = 2 + random.integer(height - 2);
  const rowStart = random.integer(period);
  const columnStart = random.integer(period);
  random.integer(1); // the rotation, always by 0 degrees
  const rows = stripes(height, period, rowStart);
  const columns = stripes(width, period, columnStart);
  const mask = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    if (rows[y]) mask.fill(1, y * width, (y + 1) * width);
    else mask.set(columns, y * width);
  }
  return mask;
}

/**
 * Whole periods of stripes on a line half as long again, of which the middle
 * is cut out: the line's ends may hold none.
 */
function stripes(length: number, period: number, start: number): Uint8Array {
  const canvas = Math.trunc(1.5 * length);
  const wide = Math.trunc(period * RATIO + 0.5);
  const stripe = Math.min(Math.max(wide, 1), period - 1);
  const line = new Uint8Array(canvas);
  for (let i = 0; i < Math.trunc(canvas / period); i++) {
    const from = period * i + start;
    line.fill(1, from, from + stripe);
  }
  const margin = Math.trunc((canvas - length) / 2);
  return line.subarray(margin, margin + length);
}
