/**
 * Bicubic interpolation of PyTorch (a = −0.75, align_corners false) along one
 * axis, as a matrix.
 * @module
 */

/** Weights [to, from] of a row of `from` values resized to `to`, row-major. */
export function bicubicWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    const place = (i + 0.5) * scale - 0.5;
    const first = Math.floor(place);
    for (let tap = -1; tap <= 2; tap++) {
      const column = Math.min(Math.max(first + tap, 0), from - 1);
      weights[i * from + column]! += cubic(place - first - tap);
    }
  }
  return weights;
}

/** Keys' kernel (1981) with a = −0.75. */
function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/**
 * Planes [count, from, from] resized to [count, to, to], in float64 but for
 * the weights and the result.
 */
export function resizeSquares(
  data: ArrayLike<number>,
  from: number,
  to: number,
): Float32Array {
  const weights = bicubicWeights(from, to);
  const count = data.length / (from * from);
  const result = new Float32Array(count * to * to);
  const rows = new Float64Array(to * from);
  for (let plane = 0; plane < count; plane++) {
    const start = plane * from * from;
    for (let i = 0; i < to; i++) {
      for (let x = 0; x < from; x++) {
        let sum = 0;
        for (let y = 0; y < from; y++) {
          sum += weights[i * from + y]! * data[start + y * from + x]!;
        }
        rows[i * from + x] = sum;
      }
    }
    for (let i = 0; i < to * to; i++) {
      const [row, column] = [Math.floor(i / to), i % to];
      let sum = 0;
      for (let x = 0; x < from; x++) {
        sum += weights[column * from + x]! * rows[row * from + x]!;
      }
      result[plane * to * to + i] = sum;
    }
  }
  return result;
}
