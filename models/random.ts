/**
 * Random numbers that a seed reproduces on every machine: xoshiro128**
 * (Blackman and Vigna 2018), seeded by splitmix32.
 * @module
 */

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /**
   * An independent stream for a name; the same name gives the same stream
   * however much was drawn before.
   */
  fork(name: string): Random;
}

/** Starts the stream of a seed (any integer or text). */
export function random(seed: number | string): Random {
  const root = `${seed}`;
  const next = xoshiro(hash(root));
  let spare: number | undefined;
  const uniform = () => next() / 4294967296;
  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
  return {
    uniform,
    normal,
    integer: (bound) => Math.floor(uniform() * bound),
    fork: (name) => random(`${root}/${name}`),
  };
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  }
  return value >>> 0;
}

function xoshiro(seed: number): () => number {
  let [a, b, c, d] = [0, 1, 2, 3].map(splitmix(seed)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function splitmix(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return t ^ (t >>> 15);
  };
}
