import assert from "node:assert/strict";
import fc from "fast-check";
import { assignRows } from "../../nusc/assignment.ts";
import { Tracker } from "../../nusc/tracker/mod.ts";

/** Recorded from scipy 1.17.1, linear_sum_assignment; -1 costs 1e18. */
const RECORDED = [
  { costs: [[4, 5, 5], [3, 5, 5], [5, 0, 2]], columnOf: [2, 0, 1] },
  {
    costs: [[3, 1, 2, 3], [4, 3, 1, 4], [5, 1, 3, 2], [5, 0, 2, 5]],
    columnOf: [0, 2, 3, 1],
  },
  { costs: [[2, 0, 4, 5, 5], [5, 2, 4, 5, 3]], columnOf: [1, 4] },
  {
    costs: [[5, 3], [1, 2], [3, 1], [4, 2], [5, 1]],
    columnOf: [-1, 0, 1, -1, -1],
  },
  {
    costs: [
      [3, 0, 0, 3, 2, 2],
      [2, 5, 3, 2, 5, 5],
      [2, 1, 1, 0, 3, 3],
      [3, 5, 5, 3, 3, 0],
    ],
    columnOf: [1, 0, 3, 5],
  },
  {
    costs: [[1, 5, 5], [0, 2, 2], [4, 0, 2], [2, 1, 4], [4, 1, 4], [3, 1, 3]],
    columnOf: [0, 2, 1, -1, -1, -1],
  },
  { costs: [[2]], columnOf: [0] },
  {
    costs: [[1, -1, 3, -1], [-1, -1, 3, -1], [-1, 3, 0, -1], [-1, 2, -1, -1]],
    columnOf: [0, 2, 1, 3],
  },
  {
    costs: [[-1, 3, -1], [3, -1, 0], [-1, -1, -1], [3, -1, 2], [-1, -1, -1]],
    columnOf: [1, 2, -1, 0, -1],
  },
];

Deno.test("assignments equal scipy's, ties and impossible pairs too", () => {
  for (const { costs, columnOf } of RECORDED) {
    const flat = costs.flat().map((cost) => cost < 0 ? 1e18 : cost);
    const found = assignRows(
      Float64Array.from(flat),
      costs.length,
      costs[0]!.length,
    );
    assert.deepEqual([...found], columnOf);
  }
});

/** Least sum of all assignments of min(rows, columns) pairs. */
function leastSum(costs: number[][], row = 0, used = 0, skips = 0): number {
  const columns = costs[0]!.length;
  if (row === costs.length) return 0;
  let least = Infinity;
  if (skips < costs.length - columns) {
    least = leastSum(costs, row + 1, used, skips + 1);
  }
  for (let j = 0; j < columns; j++) {
    if (used >> j & 1) continue;
    const rest = leastSum(costs, row + 1, used | 1 << j, skips);
    least = Math.min(least, costs[row]![j]! + rest);
  }
  return least;
}

Deno.test("an assignment is one to one and of the least sum", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(5));
  const tables = sizes.chain(([rows, more]) =>
    fc.array(
      fc.array(fc.integer({ min: -9, max: 9 }), {
        minLength: 1 + more,
        maxLength: 1 + more,
      }),
      { minLength: rows, maxLength: rows },
    )
  );
  fc.assert(fc.property(tables, (costs) => {
    const columns = costs[0]!.length;
    const flat = Float64Array.from(costs.flat());
    const columnOf = assignRows(flat, costs.length, columns);
    const pairs = [...columnOf.entries()].filter(([, j]) => j >= 0);
    assert.equal(pairs.length, Math.min(costs.length, columns));
    assert.equal(new Set(pairs.map(([, j]) => j)).size, pairs.length);
    const sum = pairs.reduce((sum, [i, j]) => sum + costs[i]![j]!, 0);
    assert.equal(sum, leastSum(costs));
  }));
});

Deno.test("no rows, no columns and impossible tables", () => {
  assert.deepEqual([...assignRows(new Float64Array(), 0, 3)], []);
  assert.deepEqual([...assignRows(new Float64Array(), 2, 0)], [-1, -1]);
  assert.throws(
    () => assignRows(Float64Array.of(Infinity), 1, 1),
    /RangeError: Cannot assign: no assignment has a finite cost/,
  );
  assert.throws(
    () => assignRows(new Float64Array(3), 2, 2),
    /RangeError: Cannot assign: 3 costs, expected 2x2/,
  );
});

const still = (x: number, label = 0) => ({ label, x, y: 0, vx: 0, vy: 0 });

Deno.test("greedy lets the first choose; hungarian pairs all", () => {
  const tracks = [still(0), still(2)];
  // The first is nearest to the second track, which the other alone reaches.
  const next = [still(1.2), still(4)];
  const ids = { greedy: [2, 3], hungarian: [1, 2] };
  for (const matching of ["greedy", "hungarian"] as const) {
    const tracker = new Tracker({ matching });
    tracker.step(tracks, 0);
    assert.deepEqual([...tracker.step(next, 0.5).ids], ids[matching]);
  }
});

Deno.test("hungarian lists refused detections after unpaired ones", () => {
  const tracker = new Tracker({ matching: "hungarian" });
  tracker.step([still(0), still(50)], 0);
  const next = [still(100), still(200), still(0.5)];
  const { ids, order } = tracker.step(next, 0.5);
  assert.equal(ids[2], 1);
  assert.deepEqual(order.toSorted(), [0, 1, 2]);
  assert.deepEqual(order.slice(1).map((i) => ids[i]), [3, 4]);
  // The track at 50 m was paired with one of them and refused: it is over.
  assert.deepEqual([...tracker.step([still(50)], 0.5).ids], [5]);
});

Deno.test("a NaN velocity begins a track and spoils no other", () => {
  for (const matching of ["greedy", "hungarian"] as const) {
    const tracker = new Tracker({ matching });
    tracker.step([still(0), still(5)], 0);
    const lost = { ...still(0), vx: NaN };
    const { ids } = tracker.step([lost, still(0), still(5)], 0.5);
    assert.deepEqual([...ids], [3, 1, 2]);
  }
});
