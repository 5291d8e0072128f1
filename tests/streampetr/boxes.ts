/**
 * Decoded boxes against recorded ones, as a set: where scores are nearly
 * equal, rounding decides which comes first and which comes at all.
 * @module
 */
import assert from "node:assert/strict";
import type { DecodedBoxes } from "../../models/streampetr/decode.ts";
import type { Golden } from "../support/golden.ts";
import { rowsOf } from "./support.ts";

/** Scores this close may swap. */
const TIE = 1e-4;

/** Boxes beyond the limit that may take the place of one within. */
const SPARE = 32;

/** Names of the recorded arrays, how many were wanted, how near they are. */
export interface BoxKeys {
  boxes: string;
  scores: string;
  labels: string;
  maxBoxes: number;
  bound: number;
}

/** Checks scores in order, then boxes and labels of the nearest ones. */
export function checkBoxes(
  golden: Golden,
  keys: BoxKeys,
  decode: (maxBoxes: number) => DecodedBoxes,
): void {
  const { scores } = decode(keys.maxBoxes);
  const count = golden.array(keys.boxes).shape[0]!;
  assert.equal(scores.length, count);
  golden.check(keys.scores, { data: scores, shape: [count] }, keys.bound);
  const all = decode(keys.maxBoxes + SPARE);
  const places = partners(golden, keys, all);
  const labels = places.map((to) => all.labels[to]!);
  golden.check(keys.labels, { data: labels, shape: [count] }, 0);
  const expected = rowsOf(golden.array(keys.boxes));
  const data = places.flatMap((to, i) => turned(all.boxes[to]!, expected[i]!));
  golden.check(keys.boxes, { data, shape: [count, 9] }, keys.bound);
}

/** The box with its yaw in the turn of another one's: −π and π are one. */
function turned(box: readonly number[], other: readonly number[]): number[] {
  const turns = Math.round((other[6]! - box[6]!) / (2 * Math.PI));
  return box.map((value, i) => i === 6 ? value + turns * 2 * Math.PI : value);
}

/** For each recorded box the index of the box that is meant by it. */
function partners(
  golden: Golden,
  keys: BoxKeys,
  { boxes, scores, labels }: DecodedBoxes,
): number[] {
  const expected = rowsOf(golden.array(keys.boxes));
  const wanted = golden.array(keys.scores).data;
  const classes = golden.array(keys.labels).data;
  const free = new Set(boxes.keys());
  return expected.map((box, i) => {
    let best = -1, nearest = Infinity;
    for (const j of free) {
      if (Math.abs(scores[j]! - wanted[i]!) > TIE) continue;
      if (labels[j] !== classes[i]) continue;
      const own = turned(boxes[j]!, box);
      const away = box.reduce((sum, x, k) => sum + Math.abs(x - own[k]!), 0);
      if (away < nearest) [best, nearest] = [j, away];
    }
    assert.ok(best >= 0, `no box for ${keys.boxes} row ${i}`);
    free.delete(best);
    return best;
  });
}
