/**
 * What the pipeline and the process of a stage tell each other: lines of
 * JSON. To the stage by its standard input: the job, then perhaps `abort`.
 * From the stage by its standard output, after a mark that sets messages
 * apart from what libraries print.
 * @module
 */
import { decode } from "../json.ts";
import type { Launch, StageEvent } from "../stage.ts";

/** What a stage's process is to do. */
export interface Job {
  /** URL of the stage file. */
  url: string;
  /** The `with:` section as it was written. */
  settings: unknown;
  inputs: Record<string, string>;
  output: string;
  scratch: string;
  /** A file that is there once the stage is to stop, like `abort`. */
  stop: string;
  /** Name of the lock that the process holds while it lives. */
  lock: string;
  /** Present where all processes of a launch work on the job. */
  launch?: Launch;
}

/** What a stage's process tells. */
export type Message =
  | { type: "event"; event: StageEvent }
  | { type: "done" }
  | { type: "failed"; name: string; message: string; stack: string };

/** Precedes a message. */
export const MARK = "\u0001";

/** The word that asks a stage to save and stop. */
export const ABORT = "abort";

/** Splits a stream of bytes into lines. */
export async function* lines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest) yield rest;
}

/** A line's printed part and its message, either of which may be absent. */
export function parseLine(line: string): { text: string; message?: Message } {
  const at = line.indexOf(MARK);
  if (at < 0) return { text: line };
  try {
    const message = decode(line.slice(at + MARK.length)) as Message;
    return { text: line.slice(0, at), message };
  } catch {
    // Another thread printed into the middle of it.
    return { text: line };
  }
}
