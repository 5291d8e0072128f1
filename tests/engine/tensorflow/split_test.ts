/** Functions cut in two around values that come later. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  gradients,
  type Specs,
  statelessUniform,
  type Tensors,
} from "../../../engine/tensorflow/mod.ts";
import { useTensorFlow } from "../../support/backend.ts";

const engine = await useTensorFlow();

const SHAPES = {
  x: [4, 8, 8, 3],
  w1: [3, 3, 3, 6],
  w2: [6, 5],
  target: [4, 5],
};
const SPECS = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape]) => [name, { shape }]),
);

function inputs(): Tensors {
  return Object.fromEntries(
    Object.entries(SHAPES).map((
      [name, shape],
      i,
    ) => [name, tf.randomUniform(shape, -1, 1, "float32", i + 1)]),
  );
}

function network({ x, w1, w2 }: Tensors): tf.Tensor {
  const y = tf.relu(tf.conv2d(x as tf.Tensor4D, w1 as tf.Tensor4D, 1, "same"));
  return tf.matMul(tf.mean(y, [1, 2]), w2!);
}

/** Predictions, and loss and new weights that need the target. */
function step(given: Tensors) {
  let prediction: tf.Tensor | undefined;
  const { w1, w2 } = given;
  const { value, grads } = gradients((w) => {
    prediction = tf.keep(network({ ...given, ...w }));
    return tf.mean(tf.square(tf.sub(prediction, given.target!)));
  }, { w1: w1!, w2: w2! });
  return {
    early: { prediction: prediction! },
    late: {
      loss: value as tf.Tensor,
      w1: tf.sub(w1!, tf.mul(grads.w1!, 0.1)),
      w2: tf.sub(w2!, tf.mul(grads.w2!, 0.1)),
    },
  };
}

function equal(a: Tensors, b: Tensors, bound: number): void {
  assert.deepEqual(Object.keys(a), Object.keys(b));
  for (const name of Object.keys(a)) {
    const off = tf.max(tf.abs(tf.sub(a[name]!, b[name]!))).dataSync()[0]!;
    assert.ok(off <= bound, `${name}: ${off}`);
  }
}

for (const jit of [false, true]) {
  Deno.test(`both halves give what the whole gives, XLA ${jit}`, () => {
    const whole = engine.compile((x) => {
      const { early, late } = step(x);
      return { ...early, ...late };
    }, SPECS);
    const halves = engine.compileSplit(step, SPECS, ["target"], { jit });
    const { target, ...rest } = inputs();
    const { outputs, saved } = halves.early(rest);
    const late = halves.late(saved, { ...rest, target: target! });
    const expected = whole.run({ ...rest, target: target! });
    equal({ ...outputs, ...late }, expected, 1e-6);
    halves.dispose();
  });
}

Deno.test("the early half can be ahead; each saved is used once", () => {
  const halves = engine.compileSplit(step, SPECS, ["target"]);
  const [a, b] = [inputs(), inputs()];
  b.x = tf.neg(b.x!);
  const first = halves.early(a);
  const second = halves.early(b);
  const lateB = halves.late(second.saved, b);
  const lateA = halves.late(first.saved, a);
  equal(lateA, halves.late(halves.early(a).saved, a), 0);
  equal(lateB, halves.late(halves.early(b).saved, b), 0);
  assert.throws(() => halves.late(first.saved, a), /the late half ran/);
});

Deno.test("outputs may be disposed between the halves", () => {
  const halves = engine.compileSplit(step, SPECS, ["target"]);
  const given = inputs();
  const { outputs, saved } = halves.early(given);
  tf.dispose(outputs);
  assert.equal(halves.late(saved, given).loss!.rank, 0);
});

Deno.test("a late half that fails can be run again; values can be dropped", () => {
  const halves = engine.compileSplit(step, SPECS, ["target"]);
  const given = inputs();
  const { target, ...rest } = given;
  const { outputs, saved } = halves.early(given);
  assert.throws(() => halves.late(saved, rest), /target is missing/);
  tf.dispose(halves.late(saved, { ...rest, target: target! }));
  tf.dispose(outputs);
  for (const tensor of Object.values(given)) tensor.dataSync();
  const before = engine.tensors();
  for (let i = 0; i < 10; i++) {
    const run = halves.early(given);
    if (i % 2) run.saved.dispose();
    else tf.dispose(halves.late(run.saved, given));
    tf.dispose(run.outputs);
    run.saved.dispose();
  }
  assert.equal(engine.tensors(), before);
});

Deno.test("what another function saved is refused", () => {
  const a = engine.compileSplit(step, SPECS, ["target"]);
  const b = engine.compileSplit(step, SPECS, ["target"]);
  const given = inputs();
  const { saved } = a.early(given);
  assert.throws(() => b.late(saved, given), /saved by another function/);
});

Deno.test("early outputs that need late inputs are refused", () => {
  assert.throws(
    () =>
      engine.compileSplit(
        ({ x, y }) => ({ early: { z: tf.add(x!, y!) }, late: {} }),
        { x: { shape: [2] }, y: { shape: [2] } },
        ["y"],
      ),
    /an early output depends on a late input/,
  );
  assert.throws(
    () => engine.compileSplit(() => ({ early: {}, late: {} }), {}, ["gone"]),
    /late input gone has no spec/,
  );
});

Deno.test("late work stays late, cheap work on inputs does not cross", () => {
  const f = engine.compileSplit(
    ({ x, w, t }) => {
      const cast = tf.transpose(w!);
      const y = tf.matMul(x!, cast);
      const unused = tf.exp(x!); // needs no late input, read by late alone
      return {
        early: { y },
        late: { z: tf.matMul(tf.mul(tf.sin(y), t!), cast), unused },
      };
    },
    { x: { shape: [2, 2] }, w: { shape: [2, 2] }, t: { shape: [2, 2] } },
    ["t"],
  );
  assert.equal(f.nodes.crossing, 1, "y alone");
});

/** Attention with dropout and a residual: most of its values are cheap. */
function attention({ x, wq, wk, t, seed }: Tensors) {
  const { value, grads, early } = (() => {
    let early: tf.Tensor | undefined;
    const found = gradients(({ wq, wk }) => {
      const [q, k] = [tf.matMul(x!, wq!), tf.matMul(x!, wk!)];
      const scores = tf.matMul(
        tf.reshape(q, [1, 64, 4]),
        tf.reshape(k, [1, 64, 4]),
        false,
        true,
      );
      const shares = tf.softmax(tf.mul(scores, 0.5));
      const kept = tf.greaterEqual(
        statelessUniform(shares.shape, seed!),
        0.25,
      );
      const dropped = tf.mul(shares, tf.cast(kept, "float32"));
      const y = tf.relu(
        tf.add(tf.reshape(tf.matMul(dropped, x!), [64, 8]), x!),
      );
      early = tf.keep(y);
      return tf.mean(tf.square(tf.sub(y, t!)));
    }, { wq: wq!, wk: wk! });
    return { ...found, early: early! };
  })();
  return { early: { y: early }, late: { loss: value, ...grads } };
}

Deno.test("a compiler that fuses gets the fewest bytes, and the same results", () => {
  const shapes = { x: [64, 8], wq: [8, 4], wk: [8, 4], t: [64, 8] };
  const specs: Specs = {
    ...Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, { shape }]),
    ),
    seed: { shape: [2], dtype: "int32" },
  };
  const given: Tensors = Object.fromEntries(
    Object.entries(shapes).map((
      [name, shape],
      i,
    ) => [name, tf.randomNormal(shape, 0, 1, "float32", i + 1)]),
  );
  given.seed = tf.tensor1d([3, 5], "int32");
  const [plain, fused] = [false, true].map((jit) =>
    engine.compileSplit(attention, specs, ["t"], { jit })
  );
  // q, k and the weighted sum, float32; one byte of each dropped score.
  const least = 4 * (2 * 64 * 4 + 64 * 8) + 64 * 64;
  assert.equal(fused!.nodes.bytes, least);
  assert.ok(plain!.nodes.bytes > 4 * least, `${plain!.nodes.bytes}`);
  const whole = engine.compile(
    (inputs) => {
      const { early, late } = attention(inputs);
      return { ...early, ...late };
    },
    specs,
    { jit: true },
  );
  const { outputs, saved } = fused!.early(given);
  // XLA draws other numbers than TensorFlow's kernels.
  equal({ ...outputs, ...fused!.late(saved, given) }, whole.run(given), 1e-5);
});

Deno.test("a split without anything that crosses", () => {
  const f = engine.compileSplit(
    ({ x, t }) => ({ early: { y: x! }, late: { z: t!, one: tf.scalar(1) } }),
    { x: { shape: [2] }, t: { shape: [1] } },
    ["t"],
  );
  const { outputs, saved } = f.early({ x: tf.tensor1d([1, 2]) });
  const { z, one } = f.late(saved, { t: tf.tensor1d([3]) });
  assert.deepEqual([...outputs.y!.dataSync()], [1, 2]);
  assert.deepEqual([...z!.dataSync(), ...one!.dataSync()], [3, 1]);
});
