/**
 * The Mersenne Twister as torch.Generator seeds and draws from it, so that
 * the order of groups equals that of the reference's sampler.
 * @module
 */

const N = 624;
const M = 397;

/** Draws 32-bit numbers (Matsumoto and Nishimura 1998, mt19937). */
export class MersenneTwister {
  readonly #state = new Uint32Array(N);
  #index = N;

  /** @param seed as given to `torch.Generator().manual_seed`. */
  constructor(seed: number) {
    const s = this.#state;
    s[0] = seed >>> 0;
    for (let i = 1; i < N; i++) {
      const previous = s[i - 1]! ^ (s[i - 1]! >>> 30);
      s[i] = Math.imul(previous, 1812433253) + i;
    }
  }

  /** The next number, uniform over [0, 2^32). */
  next(): number {
    if (this.#index === N) this.#twist();
    let y = this.#state[this.#index++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (s[i]! & 0x80000000) | (s[(i + 1) % N]! & 0x7fffffff);
      s[i] = s[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }
}

/** torch.randperm(length) on the CPU. */
export function randperm(generator: MersenneTwister, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = 0; i < length - 1; i++) {
    const j = i + generator.next() % (length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
