/**
 * Lists of numbers of a known length.
 * @module
 */
import type { Scanner } from "./scanner.ts";

/** Reads a list of exactly `width` numbers to `data[at...]`. */
export function readNumbers(
  scanner: Scanner,
  name: string,
  data: Float64Array,
  at: number,
  width: number,
): void {
  scanner.beginList(name);
  let count = 0;
  while (scanner.nextItem(count === 0)) {
    if (count === width) {
      scanner.unexpected(`${name} with exactly ${width} numbers`);
    }
    data[at + count++] = scanner.number(name);
  }
  if (count < width) {
    scanner.pos--;
    scanner.unexpected(`${name} with exactly ${width} numbers`);
  }
}
