/**
 * Stable order of many float64 keys: a radix sort over their bits, since
 * comparing two indexes through a function costs a hundred times as much.
 * @module
 */

const DIGITS = 1 << 16;

/** Indexes of the keys in ascending order, equal ones in their old order. */
export function ascendingOrder(keys: Float64Array): Uint32Array {
  const count = keys.length;
  const { low, high } = sortableBits(keys);
  let order = Uint32Array.from(keys.keys());
  let other = new Uint32Array(count);
  const starts = new Uint32Array(DIGITS + 1);
  for (const [words, shift] of [[low, 0], [low, 16], [high, 0], [high, 16]]) {
    starts.fill(0);
    const bits = words as Uint32Array;
    const by = shift as number;
    for (let i = 0; i < count; i++) starts[(bits[i]! >>> by & 0xffff) + 1]!++;
    for (let i = 0; i < DIGITS; i++) starts[i + 1]! += starts[i]!;
    for (let i = 0; i < count; i++) {
      const index = order[i]!;
      other[starts[bits[index]! >>> by & 0xffff]!++] = index;
    }
    [order, other] = [other, order];
  }
  return order;
}

/** Bits that order as unsigned integers as the keys do; -0 equals 0. */
function sortableBits(keys: Float64Array) {
  const words = new Uint32Array(
    Float64Array.from(keys, (key) => key + 0).buffer,
  );
  const low = new Uint32Array(keys.length);
  const high = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const negative = words[2 * i + 1]! >>> 31;
    low[i] = negative ? ~words[2 * i]! : words[2 * i]!;
    high[i] = negative ? ~words[2 * i + 1]! : words[2 * i + 1]! | 0x80000000;
  }
  return { low, high };
}
