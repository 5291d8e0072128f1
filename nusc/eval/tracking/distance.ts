/**
 * Distances as the devkit's libraries round them.
 *
 * scikit-learn forms |a - b|² as (-2 a·b + a·a) + b·b. At coordinates of
 * kilometres that loses nine digits, more than the metrics may be off, so the
 * rounding is part of the metric: a·a is a plain sum, a·b comes from the BLAS
 * behind numpy, which fuses the last product into the sum (OpenBLAS on x86-64;
 * another order for a single row or column, no fusing for a single pair: its
 * kernels Haswell and Zen; those for AVX-512 fuse the pair as well).
 * Found by recordings of the devkit, which it meets in all digits.
 * Source: scikit-learn, metrics/pairwise.py, euclidean_distances.
 * @module
 */

/** A place in the global frame, metres. */
interface Place {
  x: number;
  y: number;
}

/** Metres by which the rounding may move a distance, generously. */
const SLACK = 1e-3;

/**
 * Distances between all objects and all tracks of a frame.
 * @param reach metres; distances from here on are NaN
 * @returns [objects][tracks] metres
 */
export function distancesOf(
  objects: readonly Place[],
  tracks: readonly Place[],
  reach: number,
): number[] {
  const columns = tracks.length;
  const out = new Array<number>(objects.length * columns).fill(NaN);
  const product = productOf(objects.length, columns);
  const far = (reach + SLACK) ** 2;
  for (const [i, a] of objects.entries()) {
    const own = square(a);
    for (let j = 0; j < columns; j++) {
      const b = tracks[j]!;
      // Most pairs are far apart: those need no exact rounding.
      const x = a.x - b.x, y = a.y - b.y;
      if (x * x + y * y > far) continue;
      const squared = (-2 * product(a, b) + own) + square(b);
      const distance = Math.sqrt(Math.max(0, squared));
      if (distance < reach) out[i * columns + j] = distance;
    }
  }
  return out;
}

function square({ x, y }: Place): number {
  return x * x + y * y;
}

type Product = (a: Place, b: Place) => number;

/** a·b in the way that BLAS takes for a matrix of this size. */
function productOf(rows: number, columns: number): Product {
  if (rows === 1 && columns === 1) return (a, b) => a.x * b.x + a.y * b.y;
  if (rows === 1 || columns === 1) {
    return (a, b) => fusedMultiplyAdd(a.x, b.x, a.y * b.y);
  }
  return (a, b) => fusedMultiplyAdd(a.y, b.y, a.x * b.x);
}

/** 2 ** 27 + 1 splits a float64 into two halves. */
const SPLITTER = 134217729;

/** a b + c, rounded once; for numbers far from the limits of float64. */
function fusedMultiplyAdd(a: number, b: number, c: number): number {
  // Dekker's product and Knuth's sum: each with its rounding error.
  const product = a * b;
  const [a1, a2] = halves(a);
  const [b1, b2] = halves(b);
  const lost = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;
  const sum = product + c;
  const part = sum - product;
  const rest = (product - (sum - part)) + (c - part);
  return sum + (rest + lost);
}

function halves(value: number): [high: number, low: number] {
  const scaled = SPLITTER * value;
  const high = scaled - (scaled - value);
  return [high, value - high];
}
