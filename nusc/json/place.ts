/**
 * Line and column of a byte in a file, found again when there is something
 * to complain about.
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";

/** `path:line:column`, both from 1; columns count bytes. */
export function placeOf(path: string, offset: number): string {
  const file = openSync(path, "r");
  const chunk = new Uint8Array(1 << 20);
  let line = 1, lineStart = 0, base = 0;
  while (base < offset) {
    const wanted = Math.min(chunk.length, offset - base);
    const read = readSync(file, chunk, 0, wanted, null);
    if (read === 0) break;
    for (let i = chunk.indexOf(10); i >= 0 && i < read;) {
      line++;
      lineStart = base + i + 1;
      i = chunk.indexOf(10, i + 1);
    }
    base += read;
  }
  closeSync(file);
  return `${path}:${line}:${offset - lineStart + 1}`;
}
