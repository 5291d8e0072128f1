/** Files that cannot be read. @module */

/** The file is damaged or not what it should be: a user's concern. */
export class CheckpointError extends Error {
  /** For messages and logs. */
  override readonly name = "CheckpointError";
}
