/**
 * A recording that knows which of its arrays a test has looked at, so that
 * none is left out by mistake.
 * @module
 */
import assert from "node:assert/strict";
import { type Golden, openGolden } from "../support/golden.ts";

/** A recording that keeps account. */
export interface Tracked extends Golden {
  /** Asserts that every array was compared or read, but for those named. */
  finish(unused?: RegExp): void;
}

/** Opens a recording. */
export async function openTracked(fixture: string): Promise<Tracked> {
  const golden = await openGolden(fixture);
  const seen = new Set<string>();
  return {
    ...golden,
    array(key) {
      seen.add(key);
      return golden.array(key);
    },
    check(key, actual, bound) {
      seen.add(key);
      return golden.check(key, actual, bound);
    },
    finish(unused) {
      const left = golden.keys().filter((key) =>
        !seen.has(key) && !unused?.test(key)
      );
      assert.deepEqual(left, [], `arrays of ${fixture} that nothing has read`);
    },
  };
}
