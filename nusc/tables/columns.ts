/**
 * Columns that a table is read into: typed arrays that grow by row.
 * @module
 */
import {
  readNumbers,
  readToken,
  type Scanner,
  type TokenIndex,
  tokenText,
  type Words,
} from "../json/mod.ts";

/** Reads one field of a row into memory. */
export interface Field {
  readonly name: string;
  /** Makes room for at least so many rows. */
  reserve(rows: number): void;
  /** Reads the value for a row; may be called again for the same row. */
  read(scanner: Scanner, row: number): void;
  /** Fills in the value of a row that lacks the field, where it may. */
  absent?: (row: number) => void;
}

type Numbers =
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** A field of `width` numbers a row in an array that grows. */
abstract class Column<T extends Numbers> implements Field {
  /** [rows][width]; longer while it grows. */
  data: T;

  constructor(
    readonly name: string,
    readonly width: number,
    private readonly make: (length: number) => T,
  ) {
    this.data = make(0);
  }

  reserve(rows: number): void {
    if (rows * this.width <= this.data.length) return;
    const larger = this.make(rows * this.width);
    larger.set(this.data);
    this.data = larger;
  }

  /** The values of the first rows; the column must not be used further. */
  take(rows: number): T {
    const length = rows * this.width;
    const used = this.data.subarray(0, length) as T;
    // A copy only where it frees memory that is worth it.
    const wasteful = this.data.length > 1.1 * length;
    this.data = this.make(0);
    if (!wasteful) return used;
    const exact = this.make(length);
    exact.set(used);
    return exact;
  }

  abstract read(scanner: Scanner, row: number): void;
}

/** Numbers: one, or a list of exactly `width`. */
export class NumberColumn extends Column<Float64Array<ArrayBuffer>> {
  constructor(name: string, width = 1) {
    super(name, width, (length) => new Float64Array(length));
  }

  read(scanner: Scanner, row: number): void {
    const { data, width, name } = this;
    if (width === 1) {
      data[row] = scanner.number(name);
      return;
    }
    readNumbers(scanner, name, data, row * width, width);
  }
}

/** True as 1, false as 0. */
export class BooleanColumn extends Column<Uint8Array<ArrayBuffer>> {
  constructor(name: string) {
    super(name, 1, (length) => new Uint8Array(length));
  }

  read(scanner: Scanner, row: number): void {
    this.data[row] = scanner.boolean(this.name) ? 1 : 0;
  }
}

/** Tokens as four words each. */
export class TokenColumn extends Column<Int32Array<ArrayBuffer>> {
  readonly #words: Words = new Int32Array(4);

  constructor(name: string) {
    super(name, 4, (length) => new Int32Array(length));
  }

  read(scanner: Scanner, row: number): void {
    const words = this.#words;
    readToken(scanner, words, this.name);
    const { data } = this;
    for (let i = 0; i < 4; i++) data[4 * row + i] = words[i]!;
  }
}

/** Rows of another table, found by their tokens. */
export class ReferenceColumn extends Column<Int32Array<ArrayBuffer>> {
  readonly #words: Words = new Int32Array(4);
  #last = -1;
  readonly absent?: (row: number) => void;

  /** @param optional the empty string or no field is allowed: -1 */
  constructor(
    name: string,
    readonly target: { name: string; index: TokenIndex },
    readonly optional = false,
  ) {
    super(name, 1, (length) => new Int32Array(length));
    if (optional) this.absent = (row) => void (this.data[row] = -1);
  }

  read(scanner: Scanner, row: number): void {
    const found = findReference(scanner, this, this.#words, this.#last);
    this.data[row] = this.#last = found;
  }
}

/** Reads a token and returns its row in the other table. */
export function findReference(
  scanner: Scanner,
  field: Pick<ReferenceColumn, "name" | "target" | "optional">,
  words: Words,
  guess: number,
): number {
  const { name, target, optional } = field;
  readToken(scanner, words, name);
  const found = target.index.find(words, 0, guess);
  if (found >= 0) return found;
  const token = tokenText(words);
  if (token === "" && optional) return -1;
  scanner.fail(
    `No row of ${target.name}.json has the token "${token}" that ${name} names`,
    "Unpack all tables of one version again into the same folder",
  );
}

/** The first row named by a list of tokens (or -1), and how many there are. */
export class FirstReferenceColumn extends Column<Int32Array<ArrayBuffer>> {
  readonly #words: Words = new Int32Array(4);
  readonly optional = false;

  constructor(
    name: string,
    readonly target: { name: string; index: TokenIndex },
  ) {
    super(name, 2, (length) => new Int32Array(length));
  }

  read(scanner: Scanner, row: number): void {
    scanner.beginList(this.name);
    let count = 0;
    let first = -1;
    while (scanner.nextItem(count === 0)) {
      const found = findReference(scanner, this, this.#words, first);
      if (count++ === 0) first = found;
    }
    this.data[2 * row] = first;
    this.data[2 * row + 1] = count;
  }
}

/** Short texts as bytes in one pool: no string is made until asked for. */
export class TextColumn implements Field {
  #ends = new Float64Array(0);
  #pool = new Uint8Array(0);
  readonly #decoder = new TextDecoder();

  constructor(readonly name: string) {}

  reserve(rows: number): void {
    if (rows <= this.#ends.length) return;
    const larger = new Float64Array(rows);
    larger.set(this.#ends);
    this.#ends = larger;
  }

  read(scanner: Scanner, row: number): void {
    scanner.quote(this.name);
    const { bytes, pos } = scanner;
    const from = row ? this.#ends[row - 1]! : 0;
    let end = pos;
    // Escapes and the buffer's end are the scanner's business.
    while (bytes[end] !== 0x22 && bytes[end] !== 0x5c && bytes[end]! >= 32) {
      end++;
    }
    if (bytes[end] === 0x22) {
      while (from + end - pos > this.#pool.length) this.#grow();
      const pool = this.#pool;
      for (let i = pos; i < end; i++) pool[from + i - pos] = bytes[i]!;
      scanner.pos = end + 1;
      this.#ends[row] = from + end - pos;
      return;
    }
    const text = new TextEncoder().encode(scanner.text());
    while (from + text.length > this.#pool.length) this.#grow();
    this.#pool.set(text, from);
    this.#ends[row] = from + text.length;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.ceil(this.#pool.length * 1.5) + 1024);
    larger.set(this.#pool);
    this.#pool = larger;
  }

  /** The text of a row. */
  text(row: number): string {
    const from = row ? this.#ends[row - 1]! : 0;
    return this.#decoder.decode(
      this.#pool.subarray(from, this.#ends[row]!),
    );
  }
}

/** Any JSON value a row, as objects: for small tables. */
export class ValueColumn implements Field {
  readonly values: unknown[] = [];

  constructor(
    readonly name: string,
    readonly is: (value: unknown) => boolean,
    readonly wanted: string,
  ) {}

  reserve(): void {}

  read(scanner: Scanner, row: number): void {
    scanner.peek();
    const start = scanner.pos;
    const value = scanner.value();
    if (!this.is(value)) {
      scanner.pos = start;
      scanner.unexpected(`${this.name} as ${this.wanted}`);
    }
    this.values[row] = value;
  }
}
