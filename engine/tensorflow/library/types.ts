/** What is known about a found library, and what happens before. @module */

/** Which of the places a library came from. */
export type LibrarySource =
  | "option"
  | "environment"
  | "addon"
  | "python"
  | "cache";

/** A library that was found. */
export interface Library {
  /** File to open. */
  path: string;
  /** Where it was found, for doctor and logs. */
  source: LibrarySource;
}

/** What happens on the way to the library. Sizes are in bytes. */
export type LibraryEvent =
  | { type: "found"; library: Library }
  /** Another process fetches it, or something else has to end first. */
  | { type: "waiting"; reason: string }
  | { type: "download"; bytes: number; total: number }
  | { type: "unpack"; bytes: number; total: number };

/** Hears events. */
export type Listener = (event: LibraryEvent) => void;
