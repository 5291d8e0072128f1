/**
 * Mistakes in a dataset or a results file, as opposed to bugs: one message
 * that says what was found, where, what was expected and what to do.
 * @module
 */

/** Something is wrong with the dataset on disk. */
export class DatasetError extends Error {
  /** What kind of error this is. */
  override readonly name = "DatasetError";
}

/** Something is wrong with a results file. */
export class ResultsError extends Error {
  /** What kind of error this is. */
  override readonly name = "ResultsError";
}

/** A self-test found a mistake of the code's. */
export class CheckError extends Error {
  /** What kind of error this is. */
  override readonly name = "CheckError";
}
