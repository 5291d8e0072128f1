/**
 * A short list of strings, recognised byte by byte.
 * @module
 */
import type { Scanner } from "./scanner.ts";

/** Finds which of some names a JSON string is. */
export class Names {
  readonly names: readonly string[];
  /** Bytes of each name and its closing quote. */
  readonly #bytes: Uint8Array[];

  constructor(names: readonly string[]) {
    this.names = names;
    this.#bytes = names.map((name) => new TextEncoder().encode(`${name}"`));
  }

  /**
   * Passes a string whose opening quote has been passed; its index, or -1
   * with the string still unread.
   * @param guess index that is tried first
   */
  read(scanner: Scanner, guess: number): number {
    const { bytes, pos } = scanner;
    if (guess >= 0 && guess < this.names.length) {
      const length = this.#matches(bytes, pos, guess);
      if (length) {
        scanner.pos = pos + length;
        return guess;
      }
    }
    for (let i = 0; i < this.names.length; i++) {
      const length = this.#matches(bytes, pos, i);
      if (length) {
        scanner.pos = pos + length;
        return i;
      }
    }
    return -1;
  }

  #matches(bytes: Uint8Array, pos: number, index: number): number {
    const name = this.#bytes[index]!;
    for (let i = 0; i < name.length; i++) {
      if (bytes[pos + i] !== name[i]) return 0;
    }
    return name.length;
  }
}
