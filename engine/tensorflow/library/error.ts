/** A TensorFlow library that cannot be had. @module */

/** No library, or one that cannot be used: a user's concern, said in full. */
export class LibraryError extends Error {
  /** For messages and logs. */
  override readonly name = "LibraryError";
}

/** What a user can do when no library is found. */
export function waysOut(cache: string): string {
  return [
    "Do one of these:",
    "1. set TENSORFLOW_LIB to a folder that holds libtensorflow_cc.so.2 or " +
    "libtensorflow.so.2",
    "2. install TensorFlow for the python3 on PATH: " +
    "python3 -m pip install tensorflow",
    "3. let python3 with pip reach its package index once, so that " +
    `${cache} can be filled; or copy that folder from another machine ` +
    "(STREAMPETR_CACHE names another place for it)",
  ].join("\n  ");
}
