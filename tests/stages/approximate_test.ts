/** What a network of smaller numbers may differ in. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { HeadConfig } from "../../models/mod.ts";
import { compareRoughly } from "../../stages/export/approximate.ts";

const head = { topk: 3, classes: 1 } as HeadConfig;

/** Four queries; a memory of three new rows and an old one, two columns. */
function frame(rows: number[][], logits = [1, 2, 3, 4]) {
  const zeros = () => tf.zeros([1, 4, 2]);
  return {
    classScores: tf.tensor(logits, [1, 4, 1]),
    boxCodes: tf.ones([1, 4, 10]),
    "next.embedding": tf.tensor(rows.flat(), [1, 4, 2]),
    "next.referencePoint": zeros(),
    "next.timestamp": zeros(),
    "next.egoPose": zeros(),
    "next.velocity": zeros(),
  };
}

const ROWS = [[1, 0], [0, 1], [1, 1], [2, 2]];

function compare(rows: number[][], logits?: number[]) {
  const tensors = frame(rows, logits);
  const { classScores, boxCodes, ...rest } = tensors;
  const exported = {
    logits: classScores.dataSync() as Float32Array,
    codes: boxCodes.dataSync() as Float32Array,
    memory: Object.fromEntries(
      Object.entries(rest).map(([name, tensor]) => [
        name.replace("next.", "memory."),
        { data: tensor.dataSync() as Float32Array, shape: tensor.shape },
      ]),
    ),
  };
  return compareRoughly(exported, frame(ROWS), head);
}

Deno.test("rough comparison of an export", async (t) => {
  await tf.setBackend("cpu");
  await t.step("equal networks do not differ", () => {
    assert.ok(Object.values(compare(ROWS)).every((x) => x === 0));
  });
  await t.step(
    "new rows may change places, and one of three may differ",
    () => {
      const moved = compare([[1, 1], [9, 9], [1, 0], [2, 2]]);
      assert.equal(moved["next.embedding"], 0);
    },
  );
  await t.step("most new rows have to be there", () => {
    const other = compare([[9, 1], [9, 9], [1, 0], [2, 2]]);
    assert.ok(other["next.embedding"]! > 1);
  });
  await t.step("old rows and predictions are compared one by one", () => {
    assert.ok(
      compare([...ROWS.slice(0, 3), [2, 3]])["memory.embedding"]! > 0.3,
    );
    const { classScores } = compare(ROWS, [1, 2, 3, 5]);
    assert.ok(Math.abs(classScores! - 0.5 / Math.sqrt(7.5)) < 1e-6);
  });
  await t.step("what is not a number is told", () => {
    const broken = compare([[NaN, 0], [0, 1], [1, 1], [2, 2]]);
    assert.ok(Number.isNaN(broken["next.embedding"]));
  });
});
