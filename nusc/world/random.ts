/**
 * Seeded randomness: equal words give equal numbers on every machine.
 * @module
 */
import { createHash } from "node:crypto";

/** 32 hex digits derived from words, as nuScenes tokens look. */
export function token(...words: (string | number)[]): string {
  return createHash("md5").update(words.join("/")).digest("hex");
}

/** A stream of numbers (sfc32) that depends on its words only. */
export class Random {
  #state: Uint32Array;

  /** Starts the stream that belongs to these words. */
  constructor(...words: (string | number)[]) {
    const bytes = createHash("md5").update(words.join("/")).digest();
    this.#state = new Uint32Array(4);
    for (let i = 0; i < 4; i++) this.#state[i] = bytes.readUInt32LE(4 * i);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const s = this.#state;
    const sum = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3] = s[3]! + 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum;
    return sum / 4294967296;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Whole number in [0, count). */
  index(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Normal, mean 0, deviation 1, cut at two deviations. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const value = radius * Math.cos(2 * Math.PI * this.next());
    return Math.max(-2, Math.min(2, value));
  }

  /** +1 or -1. */
  sign(): number {
    return this.chance(0.5) ? 1 : -1;
  }

  /** An entry with a chance in proportion to its weight. */
  weighted<T extends { weight: number }>(entries: readonly T[]): T {
    let rest = this.next() *
      entries.reduce((sum, entry) => sum + entry.weight, 0);
    for (const entry of entries) {
      rest -= entry.weight;
      if (rest < 0) return entry;
    }
    return entries[entries.length - 1]!;
  }
}
