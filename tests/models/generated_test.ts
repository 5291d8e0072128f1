import assert from "node:assert/strict";
import { goldenJson, goldenParam } from "../support/golden.ts";

Deno.test("generated parameters equal the recorded first values", async () => {
  const checks = await goldenJson("weights_check.json") as Record<
    string,
    { shape: number[]; first: number[]; sum: number; abssum: number }
  >;
  let compared = 0;
  for (const [name, { shape, first, abssum }] of Object.entries(checks)) {
    if (!shape || /code_weights|match_costs|_range|coords_d/.test(name)) {
      continue;
    }
    const spec = {
      shape,
      init: { kind: "constant" as const, value: 0 },
      trainable: true,
    };
    const data = goldenParam(name, spec);
    first.forEach((value, i) =>
      assert.ok(Math.abs(data[i]! - value) < 1e-7, `${name}[${i}]`)
    );
    const total = data.reduce((a, b) => a + Math.abs(b), 0);
    assert.ok(Math.abs(total - abssum) < 1e-3 * (1 + abssum), name);
    compared++;
  }
  assert.ok(compared >= 8, `only ${compared} parameters compared`);
});
