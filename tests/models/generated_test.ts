import assert from "node:assert/strict";
import { fnv1a, generateParameter } from "../support/generated.ts";
import {
  formatGoldenTable,
  goldenJson,
  goldenRows,
  openGolden,
  PREFIX,
  s,
  u,
} from "../support/golden.ts";

const checks = await goldenJson("weights_check");

for (const [name, entry] of Object.entries<Record<string, unknown>>(checks)) {
  if (entry.shape === undefined) continue;
  Deno.test(`generated ${name} equals the recorded values`, () => {
    const shape = entry.shape as number[];
    const data = generateParameter(PREFIX, name, shape, 1);
    assert.equal(fnv1a(`${PREFIX}/${name}`), entry.fnv1a);
    assert.deepEqual(
      [...data.subarray(0, (entry.first as number[]).length)],
      entry.first,
    );
    let sum = 0, absolute = 0;
    for (const value of data) {
      sum += value;
      absolute += Math.abs(value);
    }
    assert.ok(Math.abs(sum - (entry.sum as number)) < 1e-6 * absolute);
    assert.ok(Math.abs(absolute - (entry.abssum as number)) < 1e-6 * absolute);
  });
}

Deno.test("u() and s() equal the recorded demo streams", () => {
  assert.deepEqual(
    [...u("demo", [6])],
    checks["U demo"].first.map(Math.fround),
  );
  assert.deepEqual([...s("demo", [6], 2)], checks["S demo scale 2"].first);
});

Deno.test("check() compares samples and sums with generated inputs", async () => {
  const golden = await openGolden("backbone_r50");
  const shape = golden.json.shape as number[];
  const data = s("backbone_r50/img", shape, 2);
  assert.equal(golden.check("in/img", { data, shape }, 0), 0);
});

Deno.test("check() fails for one wrong value in or outside the sample", async () => {
  const golden = await openGolden("backbone_r50");
  const shape = golden.json.shape as number[];
  const data = s("backbone_r50/img", shape, 2);
  const rows = goldenRows.length;
  data[0]! += 0.01;
  assert.throws(
    () => golden.check("in/img", { data, shape }, 1e-5),
    /backbone_r50 in\/img: error .* expected at most/,
  );
  data[0]! -= 0.01;
  data[1] = NaN;
  assert.throws(
    () => golden.check("in/img", { data, shape }, 1e-5),
    /Infinity/,
  );
  assert.throws(
    () => golden.check("in/img", { data, shape: [data.length] }, 1e-5),
    /shape of backbone_r50 in\/img/,
  );
  goldenRows.length = rows;
});

Deno.test("the golden table lists the tightest row first", () => {
  const row = { fixture: "f", by: "code" as const, bound: 1e-5 };
  const table = formatGoldenTable([
    { ...row, array: "loose", error: 1e-7 },
    { ...row, array: "tight", error: 9e-6 },
  ]);
  assert.deepEqual(table.split("\n").map((line) => line.split(/ +/)[2]), [
    "array",
    "tight",
    "loose",
  ]);
});
