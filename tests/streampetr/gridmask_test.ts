import assert from "node:assert/strict";
import { gridMask } from "../../models/streampetr/training/gridmask.ts";
import { openTracked } from "./tracked.ts";

const golden = await openTracked("unit_gridmask");

type Drawn = ["rand", number] | ["randint", number, number, number];

/** Gives the recorded draws and checks what was asked for. */
function replay(draws: Drawn[]) {
  const left = [...draws];
  return {
    left,
    uniform() {
      const draw = left.shift()!;
      assert.equal(draw[0], "rand");
      return draw[1];
    },
    integer(bound: number) {
      const [kind, low, high, value] = left.shift() as [
        string,
        number,
        number,
        number,
      ];
      assert.equal(kind, "randint");
      assert.equal(bound, high - low);
      return value - low;
    },
  };
}

Deno.test("gridMask() with the recorded draws gives the recorded masks", () => {
  const { calls } = golden.json as {
    calls: { h: number; w: number; draws: Drawn[] }[];
  };
  assert.ok(calls.length > 0);
  calls.forEach(({ h, w, draws }, i) => {
    const random = replay(draws);
    const mask = gridMask(h, w, 0.7, random);
    assert.deepEqual(random.left, []);
    golden.check(`call${i}/mask`, { data: mask, shape: [h, w] }, 0);
  });
});

Deno.test("gridMask() masks nothing at probability 0", () => {
  const random = { uniform: () => 0.1, integer: () => 0 };
  assert.ok(gridMask(8, 8, 0, random).every((value) => value === 1));
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () => golden.finish());
