import assert from "node:assert/strict";
import { initialize } from "../../models/init.ts";
import type { Initializer, ParamSpecs } from "../../models/module.ts";
import { random } from "../../models/random.ts";

function spec(shape: number[], init: Initializer): ParamSpecs[string] {
  return { shape, init, trainable: true };
}

function moments(data: Float32Array) {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) /
    data.length;
  return { mean, std: Math.sqrt(variance), top: Math.max(...data) };
}

Deno.test("random() gives the same stream for the same seed only", () => {
  const draw = (seed: number) => {
    const stream = random(seed);
    return Array.from({ length: 5 }, () => stream.uniform());
  };
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  const parent = random(3);
  const early = parent.fork("a").uniform();
  parent.normal();
  assert.equal(parent.fork("a").uniform(), early);
  assert.notEqual(parent.fork("b").uniform(), early);
});

Deno.test("random() draws flat uniforms, unit normals, all integers", () => {
  const stream = random("seed");
  const count = 40000;
  const uniforms = Float32Array.from({ length: count }, stream.uniform);
  const flat = moments(uniforms);
  assert.ok(Math.abs(flat.mean - 0.5) < 0.01);
  assert.ok(Math.abs(flat.std - Math.sqrt(1 / 12)) < 0.005);
  assert.ok(uniforms.every((x) => x >= 0 && x <= 1));
  const bell = moments(Float32Array.from({ length: count }, stream.normal));
  assert.ok(Math.abs(bell.mean) < 0.02 && Math.abs(bell.std - 1) < 0.02);
  const seen = new Set(
    Array.from({ length: 200 }, () => stream.integer(5)),
  );
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4]);
});

Deno.test("initialize() follows each rule's spread", () => {
  const params = initialize({
    zero: spec([3], { kind: "constant", value: 0 }),
    bins: spec([2], { kind: "values", values: [1, 2.5] }),
    he: spec([64, 32, 3, 3], { kind: "kaiming-normal-fan-out" }),
    xavier: spec([100, 50], { kind: "xavier-uniform" }),
    torch: spec([100, 64], { kind: "torch-default", fanIn: 64 }),
    points: spec([500, 3], { kind: "uniform", low: 0, high: 1 }),
    bell: spec([4000], { kind: "normal", mean: 3, std: 0.5 }),
  }, random(0));
  assert.deepEqual([...params.zero!.data], [0, 0, 0]);
  assert.deepEqual([...params.bins!.data], [1, 2.5]);
  assert.deepEqual(params.he!.shape, [3, 3, 32, 64]);
  const he = Math.sqrt(2 / (64 * 9));
  assert.ok(Math.abs(moments(params.he!.data).std / he - 1) < 0.02);
  const bound = Math.sqrt(6 / 150);
  const { top } = moments(params.xavier!.data);
  assert.ok(top <= bound && top > 0.98 * bound);
  const torch = moments(params.torch!.data).top;
  assert.ok(torch <= 0.125 && torch > 0.12);
  assert.ok(Math.abs(moments(params.points!.data).mean - 0.5) < 0.03);
  assert.ok(Math.abs(moments(params.bell!.data).mean - 3) < 0.03);
});

Deno.test("a parameter's values do not depend on the others", () => {
  const normal: Initializer = { kind: "normal", mean: 0, std: 1 };
  const alone = initialize({ b: spec([4], normal) }, random(7));
  const both = initialize(
    { a: spec([9], normal), b: spec([4], normal) },
    random(7),
  );
  assert.deepEqual(both.b, alone.b);
  assert.notDeepEqual(both.a!.data.slice(0, 4), both.b!.data);
});

Deno.test("given values that do not fill the shape are refused", () => {
  assert.throws(
    () =>
      initialize(
        { d: spec([3], { kind: "values", values: [1] }) },
        random(0),
      ),
    /Cannot initialize "d" \[3\]: 1 values given, expected 3/,
  );
});
