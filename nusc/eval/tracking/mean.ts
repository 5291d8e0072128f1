/**
 * numpy's mean to the last bit: track scores become thresholds, and whether
 * a box reaches its own track's threshold is decided by equality.
 * Source: numpy, pairwise_sum of loops_utils.h.
 * @module
 */

/** Largest block that is summed without being halved. */
const BLOCK = 128;

/** Mean of a list with at least one number. */
export function pairwiseMean(values: readonly number[]): number {
  return pairwiseSum(values, 0, values.length) / values.length;
}

function pairwiseSum(
  values: readonly number[],
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
  const sums = values.slice(from, from + 8);
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
