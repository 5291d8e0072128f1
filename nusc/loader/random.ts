/**
 * Random numbers that depend only on what they are for: seed, iteration and
 * stream. A resumed run draws what the interrupted one would have drawn, and
 * no generator state needs saving.
 * @module
 */

/** A source of numbers uniform over [0, 1). */
export type Random = () => number;

/**
 * A generator (mulberry32) keyed by numbers.
 * @param keys such as seed, iteration, stream; order matters.
 */
export function randomFor(...keys: number[]): Random {
  let a = 0x9e3779b9;
  for (const key of keys) {
    a = Math.imul(a ^ (key | 0), 0x85ebca6b);
    a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35) ^ (a >>> 16);
  }
  return function next() {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number uniform over [low, high). */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** A number of a normal distribution around 0 (Box and Muller 1958). */
export function normal(random: Random, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return deviation * radius * Math.cos(2 * Math.PI * random());
}
