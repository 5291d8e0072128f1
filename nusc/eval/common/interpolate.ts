/**
 * numpy's interp and friends, with its choices at ties and edges.
 * @module
 */

/**
 * Piecewise linear function through (xs, ys) at x. Of equal xs the last one
 * counts; left of all, the first y; right of all, `right` (default last y).
 * @param xs ascending, not empty
 */
export function interpolate(
  x: number,
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  right?: number,
): number {
  const last = xs.length - 1;
  if (x < xs[0]!) return ys[0]!;
  if (x > xs[last]!) return right ?? ys[last]!;
  let low = 0, high = last + 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  if (low === last || xs[low] === x) return ys[low]!;
  const slope = (ys[low + 1]! - ys[low]!) / (xs[low + 1]! - xs[low]!);
  const value = slope * (x - xs[low]!) + ys[low]!;
  if (!Number.isNaN(value)) return value;
  const other = slope * (x - xs[low + 1]!) + ys[low + 1]!;
  return Number.isNaN(other) && ys[low] === ys[low + 1] ? ys[low]! : other;
}

/** Mean of the numbers that are no NaN; NaN if there are none. */
export function nanMean(values: Iterable<number>): number {
  let sum = 0, count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
