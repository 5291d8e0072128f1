/**
 * Which source pixels make an output pixel, and by how much: Pillow's bicubic
 * filter, widened where it shrinks an image (antialiasing).
 *
 * Source: bicubic_filter, precompute_coeffs and normalize_coeffs_8bpc of
 * Pillow's libImaging/Resample.c; a = −0.5.
 * @module
 */
import { PRECISION } from "./kernels.ts";

/** Taps of output positions `from` to `to` along one axis. */
export interface Taps {
  /** First source position of each output position. */
  first: Int32Array;
  /** How many source positions each output position takes. */
  count: Int32Array;
  /** [to − from][width] coefficients of 22 fractional bits, zeros behind. */
  weights: Int32Array;
  /** Room for taps of one output position. */
  width: number;
}

/** Radius of the filter where it does not shrink. */
const SUPPORT = 2;

function bicubic(x: number): number {
  x = Math.abs(x);
  if (x < 1) return ((-0.5 + 2) * x - (-0.5 + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

/**
 * Taps that take `source` positions to `size`.
 * @param from first output position, from 0.
 * @param to end of the output positions.
 */
export function tapsOf(
  source: number,
  size: number,
  from = 0,
  to = size,
): Taps {
  const scale = source / size;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT * stretch;
  const inverse = 1 / stretch;
  const width = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    first: new Int32Array(to - from),
    count: new Int32Array(to - from),
    weights: new Int32Array((to - from) * width),
    width,
  };
  const weights = new Float64Array(width);
  for (let i = 0; i < to - from; i++) {
    const center = (from + i + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), source);
    let sum = 0;
    for (let k = 0; k < end - first; k++) {
      weights[k] = bicubic((k + first - center + 0.5) * inverse);
      sum += weights[k]!;
    }
    taps.first[i] = first;
    taps.count[i] = end - first;
    for (let k = 0; k < end - first; k++) {
      taps.weights[i * width + k] = fixed(weights[k]! / sum);
    }
  }
  return taps;
}

/** Rounded half away from zero. */
function fixed(weight: number): number {
  const scaled = weight * (1 << PRECISION);
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}
