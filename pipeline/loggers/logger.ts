/**
 * What a logger is.
 * @module
 */
import type { RunEvent } from "../event.ts";

/** Turns events into something for a person, a file or a program. */
export interface Logger {
  log(event: RunEvent): void;
  /** Nothing follows. */
  close(): void;
}
