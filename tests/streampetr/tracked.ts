/**
 * A recording that knows which of its arrays a test has compared, so that none
 * is left out by mistake: to read what was recorded is not to compare it.
 * @module
 */
import assert from "node:assert/strict";
import { type Golden, openGolden } from "../support/golden.ts";

/** A recording that keeps account. */
export interface Tracked extends Golden {
  /**
   * Asserts that every array was compared, but for inputs, which must have
   * been read, and for those that nothing needs.
   */
  finish(arrays?: { inputs?: RegExp; unused?: RegExp }): void;
}

/** Opens a recording. */
export async function openTracked(fixture: string): Promise<Tracked> {
  const golden = await openGolden(fixture);
  const read = new Set<string>();
  const compared = new Set<string>();
  return {
    ...golden,
    array(key) {
      read.add(key);
      return golden.array(key);
    },
    check(key, actual, bound) {
      compared.add(key);
      return golden.check(key, actual, bound);
    },
    finish({ inputs, unused } = {}) {
      const left = golden.keys().filter((key) =>
        !compared.has(key) && !unused?.test(key) &&
        !(inputs?.test(key) && read.has(key))
      );
      assert.deepEqual(left, [], `arrays of ${fixture} not compared`);
    },
  };
}
