/** Weights that do not fit. @module */

/** A checkpoint does not fit the model: a user's concern, not a bug. */
export class WeightsError extends Error {
  /** For messages and logs. */
  override readonly name = "WeightsError";
}
