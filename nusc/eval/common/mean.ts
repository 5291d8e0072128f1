/**
 * numpy's mean to the last bit. In tracking it matters: mean scores become
 * thresholds, and whether a box reaches its own track's threshold is decided
 * by equality.
 * Source: numpy, pairwise_sum of loops_utils.h.
 * @module
 */

/** Largest block that is summed without being halved. */
const BLOCK = 128;

/** Mean of `values[from...to - 1]`, at least one number. */
export function mean(
  values: ArrayLike<number>,
  from = 0,
  to = values.length,
): number {
  return pairwiseSum(values, from, to - from) / (to - from);
}

function pairwiseSum(
  values: ArrayLike<number>,
  from: number,
  count: number,
): number {
  if (count < 8) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[from + i]!;
    return sum;
  }
  if (count > BLOCK) {
    const half = Math.floor(count / 2);
    const left = half - half % 8;
    return pairwiseSum(values, from, left) +
      pairwiseSum(values, from + left, count - left);
  }
  const sums = Array.from({ length: 8 }, (_, i) => values[from + i]!);
  const whole = count - count % 8;
  for (let i = 8; i < whole; i++) sums[i % 8]! += values[from + i]!;
  const [a, b, c, d, e, f, g, h] = sums as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
  for (let i = whole; i < count; i++) sum += values[from + i]!;
  return sum;
}
