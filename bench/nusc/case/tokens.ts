/**
 * Tokens out of a seeded stream.
 * @module
 */
import type { Random } from "../../../nusc/world/random.ts";

/** 32 hexadecimal digits. */
export function nextToken(random: Random): string {
  let token = "";
  for (let i = 0; i < 4; i++) {
    const word = Math.floor(random.next() * 2 ** 32);
    token += word.toString(16).padStart(8, "0");
  }
  return token;
}

/** Several at once. */
export function tokens(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => nextToken(random));
}
