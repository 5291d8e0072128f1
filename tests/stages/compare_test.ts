import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { HeadConfig } from "../../models/mod.ts";
import { differences } from "../../stages/export/compare.ts";

const head = { topk: 2, classes: 1 } as HeadConfig;

/** A frame of three queries and a memory of two new rows and one old one. */
function frame(logits: number[], rows: number[]) {
  const field = (values: number[]) => tf.tensor(values, [1, 3, 1]);
  const zeros = [0, 0, 0];
  return {
    classScores: tf.tensor(logits, [1, 3, 1]),
    boxCodes: tf.ones([1, 3, 10]),
    "next.embedding": field(rows),
    "next.referencePoint": field(zeros),
    "next.timestamp": field(zeros),
    "next.egoPose": field(zeros),
    "next.velocity": field(zeros),
  };
}

function exportedAs(tensors: ReturnType<typeof frame>) {
  const { classScores, boxCodes, ...rest } = tensors;
  return {
    logits: classScores.dataSync() as Float32Array,
    codes: boxCodes.dataSync() as Float32Array,
    memory: Object.fromEntries(
      Object.entries(rest).map(([name, tensor]) => [
        name.replace("next.", "memory."),
        { data: tensor.dataSync() as Float32Array, shape: tensor.shape },
      ]),
    ),
  };
}

const worst = (a: ReturnType<typeof frame>, b: ReturnType<typeof frame>) =>
  Math.max(...differences(exportedAs(a), b, head));

Deno.test("differences of an export", async (t) => {
  await tf.setBackend("cpu");
  const wanted = frame([3, 2, 1], [5, 6, 7]);
  await t.step("equal networks do not differ", () => {
    assert.equal(worst(wanted, wanted), 0);
  });
  await t.step("the newest rows may change places", () => {
    assert.equal(worst(frame([3, 2, 1], [6, 5, 7]), wanted), 0);
  });
  await t.step("a wrong new row, old row or score shows", () => {
    assert.ok(worst(frame([3, 2, 1], [5, 6.1, 7]), wanted) > 0.01);
    assert.ok(worst(frame([3, 2, 1], [5, 6, 7.1]), wanted) > 0.01);
    assert.ok(worst(frame([3, 2.1, 1], [5, 6, 7]), wanted) > 0.01);
  });
  await t.step("which of two equal queries is kept does not matter", () => {
    const tied = frame([3, 2, 2], [5, 6, 7]);
    assert.equal(worst(frame([3, 2, 2], [5, 9, 7]), tied), 0);
  });
});
