/**
 * Tokens as four 32-bit words: nuScenes tokens are 32 hexadecimal digits.
 * Other strings get a number of their own, the empty one is all zero.
 * @module
 */
import type { Scanner } from "./scanner.ts";

/** Four 32-bit words a token, signed, as `Int32Array` holds them. */
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
  const { pos } = scanner;
  if (
    pos + 33 <= scanner.end && scanner.bytes[pos + 32] === 0x22 &&
    decode(scanner.view, pos, words) && !isReserved(words)
  ) {
    scanner.pos = pos + 33;
    return;
  }
  setToken(words, scanner.text());
}

/**
 * Decodes 32 hexadecimal digits, four at a time in one integer: a digit's
 * low four bits are its value, a letter's are its value less nine. False if
 * a character is none of 0-9 and a-f.
 */
function decode(view: DataView, pos: number, words: Words): boolean {
  let bad = 0;
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (let half = 0; half < 8; half += 4) {
      const text = view.getInt32(pos + 8 * word + half);
      const letter = text >>> 6 & 0x01010101;
      let low = text & 0x0f0f0f0f;
      // High bits are 3 for a digit, 6 for a letter; low ones at most 9 and
      // 6, and of a letter not 0.
      bad |= (text & 0xf0f0f0f0) ^ (0x30303030 + 0x30 * letter) |
        (low + 0x06060606 + 3 * letter) & 0x10101010 |
        (letter << 4) & ~(low + 0x0f0f0f0f);
      low += 9 * letter;
      value = value << 16 | low >>> 12 & 0xf000 | low >>> 8 & 0xf00 |
        low >>> 4 & 0xf0 | low & 0xf;
    }
    words[word] = value;
  }
  return bad === 0;
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
  /** [rows][4], as it was given. */
  readonly words: Words;
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #scratch = new Int32Array(4);
  /** The first two rows of one token, or null if every token is alone. */
  readonly duplicate: readonly [number, number] | null = null;

  /**
   * Indexes the tokens of a table.
   * @param words [rows][4]; of equal tokens the last row is found
   */
  constructor(words: Words) {
    const rows = words.length / 4;
    let size = 16;
    while (size < 2 * rows) size *= 2;
    this.words = words;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size).fill(-1);
    for (let row = 0; row < rows; row++) {
      const slot = this.#slot(words, 4 * row);
      const before = this.#slots[slot]!;
      if (before >= 0) this.duplicate ??= [before, row];
      this.#slots[slot] = row;
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

  /**
   * Row of the token at `words[at...at + 3]`, or -1.
   * @param guess row that is looked at first: tables are often in an order
   *   in which it is the last row found or the one behind
   */
  find(words: Words, at = 0, guess = -1): number {
    if (this.#is(guess, words, at)) return guess;
    if (this.#is(guess + 1, words, at)) return guess + 1;
    return this.#slots[this.#slot(words, at)]!;
  }

  #is(row: number, words: Words, at: number): boolean {
    const own = this.words;
    const i = 4 * row;
    return own[i] === words[at] && own[i + 1] === words[at + 1] &&
      own[i + 2] === words[at + 2] && own[i + 3] === words[at + 3];
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
