import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeBoxes } from "../../models/streampetr/training/codes.ts";
import { assign } from "../../models/streampetr/training/hungarian.ts";
import {
  match,
  MATCHING,
  type Matching,
  matchingCosts,
} from "../../models/streampetr/training/matcher.ts";
import { byPrediction } from "./support.ts";
import { openTracked } from "./tracked.ts";

const golden = await openTracked("unit_assign3d");
const logits = golden.array("cls_pred").data as Float32Array;
const predicted = golden.array("bbox_pred").data as Float32Array;
const labels = golden.array("gt_labels").data;
const matching: Matching = {
  ...MATCHING,
  codeWeights: [2, 2, 1, 1, 1, 1, 1, 1, 1, 1],
};

function boxesOf(key: string): Float32Array {
  const { data, shape } = golden.array(key);
  return encodeBoxes(
    Array.from({ length: shape[0]! }, (_, i) => data.slice(i * 9, i * 9 + 9)),
  );
}

const cases = [
  ["", "gt_bboxes_gravity", matching],
  ["_with_velo", "gt_bboxes_gravity", { ...matching, velocity: true }],
  ["_bad", "gt_bboxes_bad", matching],
] as const;

for (const [ending, boxes, settings] of cases) {
  Deno.test(`3D matching costs and pairs equal the reference's ${ending}`, () => {
    const wanted = boxesOf(boxes);
    const costs = matchingCosts(logits, predicted, labels, wanted, settings);
    golden.check(`cost${ending}`, byPrediction(costs), 1e-5);
    const found = match(logits, predicted, labels, wanted, settings);
    const same = (key: string, data: number[]) =>
      golden.check(key, { data, shape: [data.length] }, 0);
    same(`gt_inds${ending}`, Array.from(found, (index) => index + 1));
    if (ending !== "") return;
    same("labels", Array.from(found, (i) => i < 0 ? -1 : labels[i]!));
  });
}

Deno.test("assign() returns the recorded rows and columns", () => {
  const { data, shape } = golden.array("cost");
  const found = assign({
    data: Float64Array.from(data),
    rows: shape[0]!,
    columns: shape[1]!,
  });
  const pairs = [...found.keys()].filter((row) => found[row]! >= 0);
  const columns = pairs.map((row) => found[row]!);
  golden.check("rows", { data: pairs, shape: [pairs.length] }, 0);
  golden.check("cols", { data: columns, shape: [pairs.length] }, 0);
});

/** Least total by trying every choice. */
function exhaustive(cost: number[][]): number {
  const [first, ...rest] = cost;
  if (first === undefined) return 0;
  return Math.min(
    ...first.map((value, column) =>
      value + exhaustive(rest.map((row) => row.toSpliced(column, 1)))
    ),
  );
}

Deno.test("assign() finds the least cost of any matrix, on either side", () => {
  const matrix = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 0, max: 2 }),
  )
    .chain(([rows, more]) =>
      fc.array(
        fc.array(fc.integer({ min: -9, max: 9 }), {
          minLength: rows + more,
          maxLength: rows + more,
        }),
        { minLength: rows, maxLength: rows },
      )
    );
  fc.assert(fc.property(matrix, (cost) => {
    const [rows, columns] = [cost.length, cost[0]!.length];
    const best = exhaustive(cost);
    const wide = assign({
      data: Float64Array.from(cost.flat()),
      rows,
      columns,
    });
    assert.equal(new Set(wide).size, rows);
    assert.equal(wide.reduce((sum, j, i) => sum + cost[i]![j]!, 0), best);
    const tall = assign({
      data: Float64Array.from(
        { length: rows * columns },
        (_, k) => cost[k % rows]![Math.floor(k / rows)]!,
      ),
      rows: columns,
      columns: rows,
    });
    const pairs = [...tall.entries()].filter(([, i]) => i >= 0);
    assert.equal(pairs.length, rows);
    assert.equal(pairs.reduce((sum, [j, i]) => sum + cost[i]![j]!, 0), best);
  }));
});

Deno.test("assign() refuses what has no finite solution", () => {
  const data = Float64Array.of(1, Infinity, 2, Infinity);
  assert.throws(
    () => assign({ data, rows: 2, columns: 2 }),
    /no assignment has a finite cost/,
  );
  assert.throws(
    () => assign({ data, rows: 3, columns: 2 }),
    /4 costs, expected 3x2/,
  );
});

Deno.test("match() leaves all queries to the background without objects", () => {
  const found = match(logits, predicted, [], new Float32Array(), matching);
  assert.deepEqual(new Set(found), new Set([-1]));
  assert.equal(found.length, 80);
});

// Runs last: tests of a file run in their order. focal_test.ts is about a2_*.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: /^(cls_pred|bbox_pred|gt_labels|gt_bboxes_(gravity|bad))$/,
    unused: /^a2_/,
  }));
