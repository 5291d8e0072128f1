import assert from "node:assert/strict";
import { R50_704 } from "../../models/streampetr/config.ts";
import { decodeBoxes } from "../../models/streampetr/decode.ts";
import { s } from "../support/golden.ts";
import { checkBoxes } from "./boxes.ts";
import { openTracked } from "./tracked.ts";

const golden = await openTracked("unit_decode");
const WANTED = { maxBoxes: 300, bound: 1e-5 };
const OPTIONS = {
  classes: 10,
  range: R50_704.positionRange,
} as const;
const QUERIES = 80;

/** Rows of one sample in a recorded [2, 80, 10] array. */
function sample(key: string, b: number): Float32Array {
  const data = golden.array(key).data as Float32Array;
  return data.subarray(b * QUERIES * 10, (b + 1) * QUERIES * 10);
}

Deno.test("the recorded logits are the generated ones of the last layer", () => {
  const all = s("unit/de/cls", [6, 2, QUERIES, 10]);
  const last = all.subarray(5 * 2 * QUERIES * 10).map((x) => x * 4);
  golden.check("cls_last", { data: last, shape: [2, QUERIES, 10] }, 0);
});

for (const b of [0, 1]) {
  const [logits, codes] = [sample("cls_last", b), sample("bbox_last", b)];

  Deno.test(`boxes of sample ${b} equal the reference's`, () => {
    checkBoxes(golden, {
      boxes: `s${b}/bboxes`,
      scores: `s${b}/scores`,
      labels: `s${b}/labels`,
      ...WANTED,
    }, (maxBoxes) => decodeBoxes(logits, codes, { ...OPTIONS, maxBoxes }));
  });

  Deno.test(`boxes of sample ${b} stand on their bottom`, () => {
    checkBoxes(golden, {
      boxes: `s${b}/get_bboxes`,
      scores: `s${b}/scores`,
      labels: `s${b}/labels`,
      ...WANTED,
    }, (maxBoxes) => {
      const options = { ...OPTIONS, maxBoxes, origin: "bottom" } as const;
      return decodeBoxes(logits, codes, options);
    });
  });
}

Deno.test("a centre on the range's edge stays, one beyond it goes", () => {
  const code = (x: number, z: number) => [x, 0, z, 0, 0, 0, 0, 1, 0, 0];
  const codes = Float32Array.from([
    ...code(61.25, 0),
    ...code(0, -10),
    ...code(-61.5, 0),
    ...code(0, 10.001),
  ]);
  const logits = Float32Array.from([0, 1, 2, 3]);
  const { boxes, labels, scores } = decodeBoxes(logits, codes, {
    classes: 1,
    maxBoxes: 4,
    range: [-61.25, -61.25, -10, 61.25, 61.25, 10],
  });
  assert.deepEqual(boxes.map(([x, , z]) => [x, z]), [[0, -10], [61.25, 0]]);
  assert.deepEqual(labels, [0, 0]);
  assert.ok(Math.abs(scores[1]! - 0.5) < 1e-9);
});

Deno.test("only the best pairs count, before the range does", () => {
  const far = [99, 0, 0, 0, 0, 0, 0, 1, 0, 0];
  const near = [1, 0, 0, 0, 0, 0, 0, 1, 0, 0];
  const { boxes, labels } = decodeBoxes(
    Float32Array.from([5, -5, 1, 4]),
    Float32Array.from([...far, ...near]),
    { ...OPTIONS, classes: 2, maxBoxes: 2 },
  );
  assert.equal(boxes.length, 1);
  assert.deepEqual(labels, [1]);
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () =>
  golden.finish({ inputs: /^bbox_last$/ }));
