/**
 * Reads a table: a JSON list of objects that have all fields asked for.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { Names, Scanner } from "../json/mod.ts";
import type { Field } from "./columns.ts";

const REMEDY = "Unpack this table again from the dataset's archive";

/** Rows after which those of the whole file are estimated. */
const SAMPLE = 256;

/** Reads the fields of all rows; other members are passed over. */
export function readTable(path: string, fields: readonly Field[]): number {
  let row = 0;
  using scanner = new Scanner(path, {
    error: (message) => new DatasetError(message),
    context: () => `row ${row + 1}`,
    remedy: REMEDY,
  });
  const reader = new RowReader(path, fields);
  scanner.atomic(() => scanner.beginList("the table"));
  while (scanner.atomic(() => readItem(scanner, reader, row))) row++;
  scanner.finish();
  return row;
}

/** Reads one row, or passes the end of the list. */
function readItem(scanner: Scanner, reader: RowReader, row: number): boolean {
  if (!scanner.nextItem(row === 0)) return false;
  reader.read(scanner, row);
  return true;
}

/** Reads the members of an object in whatever order they come. */
class RowReader {
  readonly #fields: readonly Field[];
  readonly #names: Names;
  readonly #seen: Uint8Array;
  #reserved = 0;

  constructor(readonly path: string, fields: readonly Field[]) {
    this.#fields = fields;
    this.#names = new Names(fields.map((field) => field.name));
    this.#seen = new Uint8Array(fields.length);
  }

  read(scanner: Scanner, row: number): void {
    this.#reserve(row, scanner);
    scanner.beginObject("a row");
    this.#seen.fill(0);
    // Rows list their members in one order nearly always.
    let guess = 0;
    for (let first = true; scanner.nextMember(first); first = false) {
      scanner.quote("a key");
      const index = this.#names.read(scanner, guess);
      if (index < 0) {
        scanner.skipString();
        scanner.colon();
        scanner.skip();
        continue;
      }
      scanner.colon();
      this.#fields[index]!.read(scanner, row);
      this.#seen[index] = 1;
      guess = index + 1;
    }
    if (this.#seen.indexOf(0) >= 0) this.#fillIn(scanner, row);
  }

  /** Members that a row may lack get their default; others are asked for. */
  #fillIn(scanner: Scanner, row: number): void {
    this.#fields.forEach((field, i) => {
      if (this.#seen[i]) return;
      if (field.absent) return field.absent(row);
      scanner.pos--;
      scanner.fail(`Found a row without "${field.name}"`, REMEDY);
    });
  }

  /** Makes room for as many rows as the file seems to have. */
  #reserve(row: number, scanner: Scanner): void {
    if (row < this.#reserved) return;
    const likely = row < SAMPLE ? NaN : row / scanner.progress * 1.02;
    const least = Math.max(SAMPLE, Math.ceil(row * 1.1));
    this.#reserved = likely > least ? Math.ceil(likely) : least;
    for (const field of this.#fields) field.reserve(this.#reserved);
  }
}
