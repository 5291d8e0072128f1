/**
 * Tables of a few thousand rows, as objects.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { indexTokens, type TokenIndex } from "../json/mod.ts";
import { ValueColumn } from "./columns.ts";
import { readTable } from "./read.ts";
import { uniqueIndex } from "./valid.ts";

/** What a field must be, and its TypeScript type. */
interface Types {
  text: string;
  /** List of texts. */
  texts: string[];
  number: number;
  /** Three numbers. */
  vector: number[];
  /** Four numbers that are not all 0. */
  quaternion: number[];
  /** List of lists of numbers. */
  matrix: number[][];
}

const isNumber = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value);
const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(isNumber);

const CHECKS: Record<
  keyof Types,
  { is: (value: unknown) => boolean; wanted: string }
> = {
  text: { is: (value) => typeof value === "string", wanted: "a string" },
  texts: {
    is: (value) =>
      Array.isArray(value) && value.every((item) => typeof item === "string"),
    wanted: "a list of strings",
  },
  number: { is: isNumber, wanted: "a finite number" },
  vector: {
    is: (value) => isNumbers(value) && value.length === 3,
    wanted: "a list of 3 finite numbers",
  },
  quaternion: {
    is: (value) =>
      isNumbers(value) && value.length === 4 && value.some((x) => x !== 0),
    wanted: "a quaternion [w, x, y, z] of finite numbers, not all 0",
  },
  matrix: {
    is: (value) => Array.isArray(value) && value.every(isNumbers),
    wanted: "a list of lists of finite numbers",
  },
};

/** Rows in file order, and where to find a token. */
export interface Rows<Row> {
  /** Name of the table. */
  name: string;
  /** [n] in file order. */
  rows: Row[];
  /** Row numbers by token. */
  index: TokenIndex;
}

/** Reads a small table; every row has its `token`. */
export function readRows<Spec extends Record<string, keyof Types>>(
  folder: string,
  name: string,
  spec: Spec,
): Rows<{ token: string } & { [Key in keyof Spec]: Types[Spec[Key]] }> {
  const columns = Object.entries({ token: "text" as const, ...spec }).map(
    ([field, type]) =>
      new ValueColumn(field, CHECKS[type].is, CHECKS[type].wanted),
  );
  const path = `${folder}/${name}.json`;
  const count = readTable(path, columns);
  const rows = Array.from(
    { length: count },
    (_, row) =>
      Object.fromEntries(
        columns.map((column) => [column.name, column.values[row]]),
      ),
  );
  return {
    name,
    // Every field has been checked against its type.
    rows: rows as ({ token: string } & { [Key in keyof Spec]: never })[],
    index: uniqueIndex(path, indexTokens(columns[0]!.values as string[])),
  };
}

/** The row that a token names, or an error that says who named it. */
export function rowOf(table: Rows<unknown>, token: string, by: string): number {
  const row = table.index.findText(token);
  if (row >= 0) return row;
  throw new DatasetError(
    `No row of ${table.name}.json has the token "${token}" that ${by} names. ` +
      "Unpack all tables of one version again into the same folder",
  );
}
