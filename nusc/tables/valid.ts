/**
 * What columns must hold beyond their types.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { type TokenIndex, tokenText } from "../json/mod.ts";

/**
 * Returns the index of a table in which no token stands twice.
 * @param path of the table, for the message
 * @throws {DatasetError} that names the token and both rows, from 1
 */
export function uniqueIndex(path: string, index: TokenIndex): TokenIndex {
  if (!index.duplicate) return index;
  const [first, second] = index.duplicate;
  throw new DatasetError(
    `Found the token "${tokenText(index.words, second)}" twice in ${path}: ` +
      `in row ${first + 1} and row ${second + 1}, expected tokens that name ` +
      "one row each. Unpack this table again from the dataset's archive; if " +
      "you merged tables, drop rows that stand in both",
  );
}

/**
 * Returns rotations that all are some.
 * @param rotations [rows][4] w, x, y, z
 * @throws {DatasetError} that names the first of length 0
 */
export function checkRotations(
  path: string,
  rotations: Float64Array<ArrayBuffer>,
  index: TokenIndex,
): Float64Array<ArrayBuffer> {
  for (let i = 0; i < rotations.length; i += 4) {
    if (
      rotations[i] !== 0 || rotations[i + 1] !== 0 ||
      rotations[i + 2] !== 0 || rotations[i + 3] !== 0
    ) continue;
    const row = i / 4;
    throw new DatasetError(
      `Found a rotation of length 0 in row ${row + 1} of ${path} (token ` +
        `"${tokenText(index.words, row)}"), expected a quaternion w, x, y, ` +
        "z. Unpack this table again from the dataset's archive",
    );
  }
  return rotations;
}

/**
 * Returns scenes that all have a name of their own: splits are lists of names.
 * @throws {DatasetError} that names the first name that stands twice
 */
export function checkNames<Table extends { rows: { name: string }[] }>(
  path: string,
  table: Table,
): Table {
  const seen = new Map<string, number>();
  table.rows.forEach(({ name }, row) => {
    const before = seen.get(name);
    seen.set(name, row);
    if (before === undefined) return;
    throw new DatasetError(
      `Found the scene ${name} twice in ${path}: in row ${before + 1} and ` +
        `row ${row + 1}, expected names that differ. Unpack this table again ` +
        "from the dataset's archive",
    );
  });
  return table;
}
