/**
 * Tokens as four 32-bit words: nuScenes tokens are 32 hexadecimal digits.
 * Other strings get a number of their own, the empty one is all zero.
 * @module
 */
import type { Scanner } from "./scanner.ts";

const HEX = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) HEX["0123456789abcdef".charCodeAt(i)] = i;

/** Four words, signed, as `Int32Array` holds them. */
export type Words = Int32Array;

/** Strings that are no 32 hexadecimal digits, by number. */
const odd: string[] = [];
const oddNumbers = new Map<string, number>();

function setOdd(words: Words, text: string): void {
  let number = oddNumbers.get(text);
  if (number === undefined) {
    number = odd.push(text) - 1;
    oddNumbers.set(text, number);
  }
  words.fill(-1);
  words[3] = number;
}

/** Reads a token string into `words`. */
export function readToken(scanner: Scanner, words: Words, what: string): void {
  scanner.quote(what);
  const { bytes } = scanner;
  let pos = scanner.pos;
  let bad = 0;
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (let i = 0; i < 8; i++) {
      const digit = HEX[bytes[pos++]!]!;
      bad |= digit;
      value = value << 4 | digit;
    }
    words[word] = value;
    if (bad > 15) break;
  }
  if (bad <= 15 && bytes[pos] === 0x22 && !isReserved(words)) {
    scanner.pos = pos + 1;
    return;
  }
  setToken(words, scanner.text());
}

/** Words that stand for the empty string and for odd ones. */
function isReserved(words: Words): boolean {
  return (words[0] === 0 && words[1] === 0 && words[2] === 0) ||
    (words[0] === -1 && words[1] === -1 && words[2] === -1);
}

/** Puts a string into `words`. */
export function setToken(words: Words, token: string): void {
  if (token === "") {
    words.fill(0);
    return;
  }
  if (/^[0-9a-f]{32}$/.test(token)) {
    for (let i = 0; i < 4; i++) {
      words[i] = parseInt(token.slice(8 * i, 8 * i + 8), 16);
    }
    if (!isReserved(words)) return;
  }
  setOdd(words, token);
}

/** The string of the words at `4 * row`. */
export function tokenText(words: Words, row = 0): string {
  const [a, b, c, d] = words.subarray(4 * row, 4 * row + 4);
  if (a === 0 && b === 0 && c === 0 && d === 0) return "";
  if (a === -1 && b === -1 && c === -1) return odd[d!]!;
  return [a, b, c, d].map((word) => (word! >>> 0).toString(16).padStart(8, "0"))
    .join("");
}

/** Finds rows by token: a hash table with open addressing. */
export class TokenIndex {
  readonly words: Words;
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #scratch = new Int32Array(4);

  /** @param words [rows][4]; of equal tokens the last row is found */
  constructor(words: Words) {
    const rows = words.length / 4;
    let size = 16;
    while (size < 2 * rows) size *= 2;
    this.words = words;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size).fill(-1);
    for (let row = 0; row < rows; row++) {
      this.#slots[this.#slot(words, 4 * row)] = row;
    }
  }

  /** Slot of these words, or the free one where they belong. */
  #slot(from: Words, at: number): number {
    const a = from[at]!, b = from[at + 1]!;
    const c = from[at + 2]!, d = from[at + 3]!;
    const { words } = this;
    const slots = this.#slots;
    let slot = (a ^ Math.imul(d, 0x9e3779b1)) & this.#mask;
    for (;;) {
      const row = slots[slot]!;
      if (row < 0) return slot;
      const i = 4 * row;
      if (
        words[i] === a && words[i + 1] === b && words[i + 2] === c &&
        words[i + 3] === d
      ) return slot;
      slot = slot + 1 & this.#mask;
    }
  }

  /** Row of the token at `words[at...at + 3]`, or -1. */
  find(words: Words, at = 0): number {
    return this.#slots[this.#slot(words, at)]!;
  }

  /** Row of a token, or -1. */
  findText(token: string): number {
    setToken(this.#scratch, token);
    return this.find(this.#scratch);
  }
}

/** An index over strings in memory. */
export function indexTokens(tokens: readonly string[]): TokenIndex {
  const words = new Int32Array(4 * tokens.length);
  tokens.forEach((token, i) =>
    setToken(words.subarray(4 * i, 4 * i + 4), token)
  );
  return new TokenIndex(words);
}
