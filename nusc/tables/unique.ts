/**
 * Tokens name one row each.
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
