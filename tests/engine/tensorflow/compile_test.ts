/** Functions recorded as a whole. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../../../engine/tensorflow/mod.ts";
import { useTensorFlow } from "../../support/backend.ts";

const engine = await useTensorFlow();

function list(tensor: tf.Tensor | undefined): number[] {
  return Array.from(tensor!.dataSync());
}

Deno.test("outputs that are inputs, constants or each other are distinct", () => {
  const outside = tf.tensor1d([7, 8]);
  const f = engine.compile(({ x }) => {
    const y = tf.neg(x!);
    return { x: x!, y, again: y, one: tf.scalar(1), outside };
  }, { x: { shape: [2] } });
  const x = tf.tensor1d([1, 2]);
  const out = f.run({ x });
  assert.deepEqual(list(out.x), [1, 2]);
  assert.deepEqual(list(out.y), [-1, -2]);
  out.y!.dispose();
  assert.deepEqual(list(out.again), [-1, -2]);
  assert.deepEqual(list(out.one), [1]);
  assert.deepEqual(list(out.outside), [7, 8]);
  x.dispose();
  assert.deepEqual(list(out.x), [1, 2]);
  assert.deepEqual(list(outside), [7, 8], "what is outside lives on");
});

Deno.test("captured tensors are frozen, and live as long as the function", () => {
  const values = Float32Array.from({ length: 100 }, (_, i) => i);
  const weight = tf.add(tf.tensor1d(values), 0); // on the device, not small
  const f = engine.compile(({ x }) => ({ y: tf.sum(tf.mul(x!, weight)) }), {
    x: { shape: [100] },
  });
  weight.dispose();
  assert.deepEqual(list(f.run({ x: tf.ones([100]) }).y), [4950]);
  f.dispose();
});

Deno.test("reading a value while recording names the operation", () => {
  assert.throws(
    () =>
      engine.compile(({ x }) => {
        tf.matMul(x!, x!).dataSync();
        return { x: x! };
      }, { x: { shape: [2, 2] } }),
    /while a function is recorded: BatchMatMulV2 has not run yet/,
  );
  assert.throws(
    () =>
      engine.compile(({ x }) => {
        x!.dataSync();
        return { x: x! };
      }, { x: { shape: [2, 2] } }),
    /while a function is recorded: an input has not run yet/,
  );
  assert.deepEqual(list(tf.add(1, 2)), [3], "the engine goes on");
});

Deno.test("a constant can be read while recording", () => {
  const f = engine.compile(({ x }) => {
    const [two] = tf.tensor1d([2]).dataSync();
    return { y: tf.mul(x!, two!) };
  }, { x: { shape: [] } });
  assert.deepEqual(list(f.run({ x: tf.scalar(4) }).y), [8]);
});

Deno.test("a shape that depends on values is refused", () => {
  assert.throws(
    () =>
      engine.compile(({ x }) => ({ y: tf.unique(x!).values }), {
        x: { shape: [4] },
      }),
    /Cannot record UniqueV2: its output shape depends on values/,
  );
});

Deno.test("inputs are checked by name, shape and type", () => {
  const f = engine.compile(({ x }) => ({ y: tf.neg(x!) }), {
    x: { shape: [2, 3] },
  });
  const run = (inputs: Tensors) => () => f.run(inputs);
  assert.throws(run({}), /the input x is missing \(float32 \[2,3\]\)/);
  assert.throws(
    run({ x: tf.zeros([3, 2]) }),
    /the input x is float32 \[3,2\], recorded for float32 \[2,3\]/,
  );
  assert.throws(run({ x: tf.zeros([2, 3], "int32") }), /is int32 \[2,3\]/);
  f.dispose();
  assert.throws(run({ x: tf.zeros([2, 3]) }), /it was disposed/);
  f.dispose();
});

Deno.test("int32 and bool inputs; a name with odd characters", () => {
  const f = engine.compile(
    ({ at, mask }) => ({
      y: tf.where(mask!, at!, tf.onesLike(at!)),
    }),
    { at: { shape: [3], dtype: "int32" }, mask: { shape: [3], dtype: "bool" } },
    { name: "odd name/ü" },
  );
  const at = tf.tensor1d([4, 5, 6], "int32");
  const mask = tf.tensor1d([1, 0, 1], "bool");
  assert.deepEqual(list(f.run({ at, mask }).y), [4, 1, 6]);
});

Deno.test("runs, failures and functions leave no values behind", () => {
  const captured = tf.add(tf.zeros([200]), 1);
  const x = engine.tensor(new Float32Array(200), [200]);
  const before = engine.tensors();
  for (let i = 0; i < 20; i++) {
    const f = engine.compile(({ x }) => {
      const y = tf.mul(tf.add(x!, captured), tf.fill([200], 3));
      return { y, sum: tf.sum(y) };
    }, { x: { shape: [200] } });
    for (let k = 0; k < 5; k++) tf.dispose(f.run({ x }));
    f.dispose();
    assert.throws(() =>
      engine.compile(() => {
        tf.add(captured, captured);
        throw new Error("stop");
      }, {}), /stop/);
  }
  assert.equal(engine.tensors(), before);
});

Deno.test("XLA computes the same", () => {
  const specs = { x: { shape: [2, 9, 9, 3] }, w: { shape: [3, 3, 3, 4] } };
  const body = ({ x, w }: Tensors) => {
    const { value, grads } = tf.valueAndGrads((x: tf.Tensor, w: tf.Tensor) => {
      const y = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, [
        ...[[0, 0], [1, 1], [1, 1], [0, 0]] as [number, number][],
      ] as never);
      return tf.sum(tf.square(tf.maxPool(tf.relu(y), 3, 2, "same")));
    })([x!, w!]);
    return { value, dx: grads[0]!, dw: grads[1]! };
  };
  const plain = engine.compile(body, specs);
  const fused = engine.compile(body, specs, { jit: true });
  const x = tf.randomUniform([2, 9, 9, 3], -1, 1, "float32", 3);
  const w = tf.randomUniform([3, 3, 3, 4], -1, 1, "float32", 5);
  const [a, b] = [plain.run({ x, w }), fused.run({ x, w })];
  for (const name of ["value", "dx", "dw"]) {
    const off = tf.max(tf.abs(tf.sub(a[name]!, b[name]!)));
    const size = tf.max(tf.abs(a[name]!));
    assert.ok(list(off)[0]! <= 1e-5 * list(size)[0]!, name);
  }
});

Deno.test("autocast computes products in half precision, results in full", () => {
  // 1 + 2^-9 is a float16 and no bfloat16; 1 + 2^-12 is neither.
  const one = (n: number) => tf.fill([1, 1], 1 + 2 ** -n);
  const product = (precision: "float32" | "float16" | "bfloat16") => {
    const f = engine.compile(
      ({ a, b }) => ({ y: tf.matMul(a!, b!) }),
      { a: { shape: [1, 1] }, b: { shape: [1, 1] } },
      { precision },
    );
    return (n: number) => {
      const y = f.run({ a: one(n), b: one(0) }).y!;
      assert.equal(y.dtype, "float32");
      return list(y)[0]! / 2;
    };
  };
  assert.equal(product("float32")(12), 1 + 2 ** -12);
  assert.equal(product("float16")(9), 1 + 2 ** -9);
  assert.equal(product("float16")(12), 1);
  assert.equal(product("bfloat16")(7), 1 + 2 ** -7);
  assert.equal(product("bfloat16")(9), 1);
});

Deno.test("autocast of a convolution and its gradients stays close", () => {
  const body = ({ x, w }: Tensors) => {
    const { value, grads } = tf.valueAndGrads((x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(
        tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same")),
      )
    )([x!, w!]);
    return { value, dx: grads[0]!, dw: grads[1]! };
  };
  const specs = { x: { shape: [1, 6, 6, 4] }, w: { shape: [3, 3, 4, 4] } };
  const x = tf.randomUniform([1, 6, 6, 4], -1, 1, "float32", 3);
  const w = tf.randomUniform([3, 3, 4, 4], -1, 1, "float32", 5);
  const full = engine.compile(body, specs).run({ x, w });
  for (const precision of ["float16", "bfloat16"] as const) {
    const half = engine.compile(body, specs, { precision }).run({ x, w });
    for (const name of ["value", "dx", "dw"]) {
      const off = list(tf.max(tf.abs(tf.sub(full[name]!, half[name]!))))[0]!;
      const size = list(tf.max(tf.abs(full[name]!)))[0]!;
      const bound = precision === "float16" ? 2e-3 : 2e-2;
      assert.ok(off > 0 && off <= bound * size, `${precision} ${name}: ${off}`);
    }
  }
});
