import assert from "node:assert/strict";
import { z } from "zod";
import { PAGE, rowsOf, settingsPage, stageNames, stageOf } from "./settings.ts";

Deno.test("the reference of settings is that of the stages' schemas", async () => {
  assert.equal(
    Deno.readTextFileSync(PAGE),
    await settingsPage(),
    "`deno task docs` writes the page",
  );
});

for (const name of stageNames()) {
  Deno.test(`all settings of ${name} say what they mean`, async () => {
    const rows = rowsOf(await stageOf(name));
    assert.ok(rows.length > 0);
    const silent = rows.filter(({ meaning }) => meaning === "");
    assert.deepEqual(silent.map(({ key }) => key), []);
  });
}

Deno.test("rowsOf() goes into maps, unions and what may be null", () => {
  const config = z.strictObject({
    lr: z.number().positive().max(1).default(0.1).describe("rate"),
    count: z.int().min(0),
    kind: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("a") }),
      z.strictObject({ type: z.literal("b"), size: z.int().default(3) }),
    ]),
    window: z.strictObject({ length: z.int().max(9).default(8) }).nullable()
      .default(null),
    ranges: z.record(z.string(), z.tuple([z.number(), z.number()]))
      .default({ x: [0, 1] }),
  });
  const row = (key: string, values: string, value: string, meaning = "") => ({
    key,
    values,
    default: value,
    meaning,
  });
  assert.deepEqual(rowsOf({ config }), [
    row("lr", "number > 0, ≤ 1", "`0.1`", "rate"),
    row("count", "whole number ≥ 0", "required"),
    row("kind.type", "`a`", ""),
    row("kind.type", "`b`", ""),
    row("kind.size", "whole number", "`3`"),
    row("window", "map or `null`", "`null`"),
    row("window.length", "whole number ≤ 9", "`8`"),
    row("ranges", "map to list of number, number", '`{"x": [0, 1]}`'),
  ]);
});
