/**
 * A JSON reader over the bytes of a file of any size: holds a few megabytes,
 * makes no object unless asked to.
 *
 * Work is done in `atomic` steps: a step that meets the end of the buffer is
 * undone, the buffer refilled, and the step begun again.
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { joinDigits } from "./decimal.ts";
import { placeOf } from "./place.ts";

/** Thrown inside a step at the end of the buffer. */
const STARVED = new Error("The buffer ends inside a value");

const CHUNK = 1 << 22;

/** Lists and objects within each other; more are no data but damage. */
const DEEPEST = 500;

/** Refuses bytes that are no text; `ignoreBOM` keeps marks within a file. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN = 0x7b, CLOSE = 0x7d;

/** What a scanner needs to know of its reader. */
export interface ScannerOptions {
  /** Makes the error of a message. */
  error: (message: string) => Error;
  /** Where in the content the reader is, such as `sample "ab", box 3`. */
  context?: () => string;
  /** What to do about a file that is no JSON. */
  remedy: string;
  /** What to do about Python's NaN and Infinity; default: `remedy`. */
  finite?: string;
  /** Bytes read at once; small ones are for tests. */
  chunk?: number;
}

/** Reads one JSON file, front to back. */
export class Scanner {
  /** Bytes in memory; `bytes[end]` is 0. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The same bytes. */
  view: DataView;
  /** Next byte. */
  pos = 0;
  end = 0;
  readonly path: string;
  readonly #file: number;
  readonly #options: ScannerOptions;
  readonly #decoder = new TextDecoder();
  readonly #size: number;
  #base = 0;
  #final = false;

  constructor(path: string, options: ScannerOptions) {
    this.path = path;
    this.#options = options;
    this.#file = openSync(path, "r");
    const { chunk = CHUNK } = options;
    // Most tables are small; pipes have no size.
    this.#size = fstatSync(this.#file).size;
    const room = this.#size ? Math.min(chunk, this.#size + 1) : chunk;
    this.bytes = new Uint8Array(room + 1);
    this.view = new DataView(this.bytes.buffer);
    this.#refill();
    // Some editors put a byte order mark before everything.
    const [a, b, c] = this.bytes;
    if (a === 0xef && b === 0xbb && c === 0xbf) this.pos = 3;
  }

  /** Part of the file that has been read, NaN if it has no size. */
  get progress(): number {
    return (this.#base + this.pos) / (this.#size || NaN);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  /**
   * Runs a step, again with more bytes if it met the end of the buffer. Steps
   * do not contain steps: the place to go back to moves with the buffer.
   */
  atomic<T>(step: () => T): T {
    for (;;) {
      const start = this.pos;
      try {
        return step();
      } catch (error) {
        if (error !== STARVED) throw error;
        this.pos = start;
        this.#refill();
      }
    }
  }

  /** Skips white space and shows the next byte. */
  peek(): number {
    const { bytes } = this;
    let { pos } = this;
    let byte = bytes[pos]!;
    while (byte <= 32 && byte > 0) byte = bytes[++pos]!;
    this.pos = pos;
    if (byte === 0) this.ended();
    return byte;
  }

  /** True if nothing but white space is left. */
  done(): boolean {
    return this.atomic(() => this.#atEnd());
  }

  /** Makes sure that nothing but white space is left. */
  finish(): void {
    this.atomic(() => {
      if (!this.#atEnd()) this.unexpected("the end of the file");
    });
  }

  #atEnd(): boolean {
    while (this.pos < this.end && this.bytes[this.pos]! <= 32) this.pos++;
    if (this.pos < this.end) return false;
    if (!this.#final) throw STARVED;
    return true;
  }

  /** Begins `{`. */
  beginObject(what: string): void {
    if (this.peek() !== OPEN) this.unexpected(`${what} as an object {…}`);
    this.pos++;
  }

  /** Begins `[`. */
  beginList(what: string): void {
    if (this.peek() !== OPEN_LIST) this.unexpected(`${what} as a list […]`);
    this.pos++;
  }

  /** Before each member: true if there is one, else passes the `}`. */
  nextMember(first: boolean): boolean {
    return this.#next(first, CLOSE, "}");
  }

  /** Before each item: true if there is one, else passes the `]`. */
  nextItem(first: boolean): boolean {
    return this.#next(first, CLOSE_LIST, "]");
  }

  #next(first: boolean, close: number, text: string): boolean {
    const byte = this.peek();
    if (byte === close) {
      this.pos++;
      return false;
    }
    if (first) return true;
    if (byte !== COMMA) this.unexpected(`, or ${text}`);
    this.pos++;
    if (this.peek() === close) this.unexpected("a value after the comma");
    return true;
  }

  /** Passes the opening quote of a string. */
  quote(what: string): void {
    if (this.peek() !== QUOTE) this.unexpected(`${what} as a string "…"`);
    this.pos++;
  }

  /** Passes the colon between key and value. */
  colon(): void {
    if (this.peek() !== COLON) this.unexpected(":");
    this.pos++;
  }

  /** Passes a string whose quote has been passed; returns its end. */
  skipString(): number {
    const { bytes } = this;
    let { pos } = this;
    for (;; pos++) {
      const byte = bytes[pos]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) pos++;
      else if (byte < 32) {
        if (byte === 0) this.ended(pos);
        this.pos = pos;
        this.unexpected("a string without control characters");
      }
      // A backslash may have stepped over the end mark.
      if (pos >= this.end) this.ended(this.end);
    }
    this.pos = pos + 1;
    return pos;
  }

  /** A string whose opening quote has been passed. */
  text(): string {
    const start = this.pos;
    const end = this.skipString();
    const slice = this.bytes.subarray(start, end);
    if (!slice.includes(BACKSLASH)) return this.#utf8(start, end);
    const quoted = this.#utf8(start - 1, end + 1);
    try {
      return JSON.parse(quoted);
    } catch {
      this.pos = start;
      this.unexpected("a string with valid escapes");
    }
  }

  /** Bytes that must be text. */
  #utf8(from: number, to: number): string {
    try {
      return UTF8.decode(this.bytes.subarray(from, to));
    } catch {
      this.pos = from;
      this.unexpected("text in UTF-8");
    }
  }

  /** A string value. */
  string(what: string): string {
    this.quote(what);
    return this.text();
  }

  /** `true` or `false`. */
  boolean(what: string): boolean {
    const value = this.peek() === 0x74;
    const word = value ? "true" : "false";
    for (let i = 0; i < word.length; i++) {
      const byte = this.bytes[this.pos + i]!;
      if (byte === word.charCodeAt(i)) continue;
      if (byte === 0) this.ended(this.pos + i);
      this.unexpected(`${what} as true or false`);
    }
    this.pos += word.length;
    return value;
  }

  /** A finite number, correctly rounded. */
  number(what: string): number {
    let byte = this.peek();
    const { bytes } = this;
    let { pos } = this;
    const start = pos;
    const negative = byte === 0x2d;
    if (negative) byte = bytes[++pos]!;
    // Eight, seven and four digits: small integers are added up faster.
    let first = 0, second = 0, third = 0, digits = 0;
    let fraction = 0, power = 0;
    const begin = pos;
    for (;; byte = bytes[++pos]!) {
      const digit = byte - 48;
      if (digit >= 0 && digit <= 9) {
        if (digits < 8) {
          first = first * 10 + digit | 0;
          if (first === 0) continue;
        } else if (digits < 15) second = second * 10 + digit | 0;
        else if (digits < 19) third = third * 10 + digit | 0;
        digits++;
      } else if (byte === 0x2e && !fraction) fraction = pos + 1;
      else break;
    }
    if (pos === begin || fraction === pos || fraction === begin + 1) {
      this.#noNumber(what, pos);
    }
    if (fraction) power = fraction - pos;
    if (byte === 0x65 || byte === 0x45) {
      const from = pos + 1;
      pos = this.#exponent(from, what);
      power += Number(this.#slice(from, pos));
      byte = bytes[pos]!;
    }
    if (byte === 0 && pos >= this.end && !this.#final) throw STARVED;
    this.pos = pos;
    const value = joinDigits(first, second, third, digits, power);
    if (value === value) return negative ? -value : value;
    const exact = Number(this.#slice(start, pos));
    if (Number.isFinite(exact)) return exact;
    this.pos = start;
    this.unexpected(`${what} as a finite number`);
  }

  #exponent(from: number, what: string): number {
    const { bytes } = this;
    let pos = from;
    if (bytes[pos] === 0x2b || bytes[pos] === 0x2d) pos++;
    const first = pos;
    while (bytes[pos]! >= 48 && bytes[pos]! <= 57) pos++;
    if (pos === first) this.#noNumber(what, pos);
    return pos;
  }

  #noNumber(what: string, pos: number): never {
    if (this.bytes[pos] === 0) this.ended(pos);
    this.unexpected(`${what} as a finite number`);
  }

  #slice(from: number, to: number): string {
    return this.#decoder.decode(this.bytes.subarray(from, to));
  }

  /**
   * Passes a value of any type.
   * @param depth lists and objects around it that have been passed into
   */
  skip(depth = 0): void {
    const byte = this.peek();
    if (depth > DEEPEST) this.unexpected(`at most ${DEEPEST} nested values`);
    if (byte === QUOTE) {
      this.pos++;
      this.skipString();
    } else if (byte === OPEN_LIST) {
      this.pos++;
      for (let first = true; this.nextItem(first); first = false) {
        this.skip(depth + 1);
      }
    } else if (byte === OPEN) {
      this.pos++;
      for (let first = true; this.nextMember(first); first = false) {
        this.string("a key");
        this.colon();
        this.skip(depth + 1);
      }
    } else this.#skipWord();
  }

  /** Numbers, literals and Python's NaN: to the next mark. */
  #skipWord(): void {
    const start = this.pos;
    let { pos } = this;
    for (;; pos++) {
      const byte = this.bytes[pos]!;
      if (byte === 0) this.ended(pos);
      const word = byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 ||
        byte >= 97 && byte <= 122 || byte === 0x2b || byte === 0x2d ||
        byte === 0x2e;
      if (!word) break;
    }
    if (pos === start) this.unexpected("a value");
    this.pos = pos;
  }

  /** Any value as JSON.parse gives it. */
  value(): unknown {
    const start = (this.peek(), this.pos);
    this.skip();
    const text = this.#utf8(start, this.pos);
    try {
      return JSON.parse(text);
    } catch {
      this.pos = start;
      this.unexpected("a JSON value");
    }
  }

  /** The end mark has been met: more bytes, or the file is cut off. */
  ended(pos = this.pos): never {
    this.pos = pos;
    if (pos < this.end) this.unexpected("a JSON character");
    if (!this.#final) throw STARVED;
    const empty = this.#base + this.end === 0;
    this.fail(
      empty ? "The file is empty" : "The file ends in the middle of a value",
      this.#options.remedy,
    );
  }

  /** Complains about what is found here. */
  unexpected(wanted: string): never {
    if (this.end - this.pos < 40 && !this.#final) throw STARVED;
    const rest = this.#slice(this.pos, Math.min(this.end, this.pos + 40));
    const found = /^("[^"]*"?|[^\s,\]}]+|.)/.exec(rest)?.[0] ?? "the end";
    const { remedy, finite = remedy } = this.#options;
    this.fail(
      `Found ${found}, expected ${wanted}`,
      /^-?(NaN|Infinity)\b/.test(found) ? finite : remedy,
    );
  }

  /** Throws an error that names file, line and column. */
  fail(problem: string, remedy: string): never {
    const place = placeOf(this.path, this.#base + this.pos);
    const context = this.#options.context?.();
    throw this.#options.error(
      `${problem} in ${place}${context ? ` (${context})` : ""}. ${remedy}`,
    );
  }

  #refill(): void {
    if (this.#final) return;
    const left = this.end - this.pos;
    if (this.pos === 0 && this.end === this.bytes.length - 1) {
      const larger = new Uint8Array(2 * this.bytes.length);
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    } else this.bytes.copyWithin(0, this.pos, this.end);
    this.#base += this.pos;
    this.pos = 0;
    this.end = left;
    const room = this.bytes.length - 1 - left;
    const read = readSync(this.#file, this.bytes, left, room, null);
    this.end += read;
    this.bytes[this.end] = 0;
    this.#final = read === 0;
  }
}
