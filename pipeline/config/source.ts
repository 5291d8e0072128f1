/**
 * Where a text came from, and places inside it.
 * @module
 */

/** A text that a user wrote: a config file, or one override. */
export interface Source {
  /** As shown: the file's path as it was given, or `command line`. */
  readonly name: string;
  readonly text: string;
  /** Folder against which `extends:` is resolved; null for overrides. */
  readonly folder: string | null;
}

/** A range of a source, in UTF-16 units. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A place as a person counts: from 1. */
export interface Position {
  line: number;
  column: number;
  /** The whole line, without its end. */
  text: string;
}

/** Line and column of a place's start. */
export function position({ source: { text }, start }: Place): Position {
  const at = Math.min(start, text.length);
  // At 0, lastIndexOf would find a break at 0 itself.
  const from = at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
  const to = text.indexOf("\n", at);
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at;) {
    line++;
    i = text.indexOf("\n", i + 1);
  }
  return {
    line,
    column: at - from + 1,
    text: text.slice(from, to < 0 ? undefined : to).replace(/\r$/, ""),
  };
}

/** `file:line`, or `command line` for an override. */
export function origin(place: Place): string {
  return place.source.folder === null
    ? place.source.name
    : `${place.source.name}:${position(place).line}`;
}
