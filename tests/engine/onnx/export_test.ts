/** exportOnnx: what it promises beside the numbers of single kernels. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import onnxProto from "onnx-proto";
import {
  exportGraph,
  exportOnnx,
  type Numbers,
  openSession,
  type Tensors,
} from "../../../engine/onnx/mod.ts";
import { agree, errorOf, ints, numbers, onCpu, random } from "./support.ts";

const { onnx } = onnxProto;
void tf.setBackend("cpu");

Deno.test("the active backend, its tensors and its memory stay", () => {
  void tf.setBackend("cpu");
  const weight = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const before = tf.memory().numTensors;
  exportOnnx(({ x }) => ({ y: tf.matMul(x, weight) }), {
    x: { shape: [1, 2] },
  });
  assert.equal(tf.getBackend(), "cpu");
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([...weight.dataSync()], [1, 2, 3, 4]);
  assert.throws(
    () => exportOnnx(() => ({ y: tf.multinomial(weight, 2) }), {}),
    /Multinomial/,
  );
  assert.equal(tf.getBackend(), "cpu");
  weight.dispose();
});

Deno.test("names, order, producer and metadata are written", () => {
  const bytes = exportOnnx(
    ({ second, first }) => ({ b: tf.add(first, second), a: tf.neg(first) }),
    { second: { shape: [2] }, first: { shape: [2] }, unused: { shape: [3] } },
    { opset: 21, producer: "streampetr", metadata: { classes: "car,bus" } },
  );
  const model = onnx.ModelProto.decode(bytes);
  const names = (list?: { name?: string | null }[] | null) =>
    list?.map(({ name }) => name);
  assert.deepEqual(names(model.graph?.input), ["second", "first", "unused"]);
  assert.deepEqual(names(model.graph?.output), ["b", "a"]);
  assert.equal(model.producerName, "streampetr");
  assert.equal(Number(model.opsetImport?.[0].version), 21);
  const [{ key, value }] = model.metadataProps!;
  assert.deepEqual({ key, value }, { key: "classes", value: "car,bus" });
});

Deno.test("a captured weight becomes one initializer under its name", () => {
  const weight = tf.tensor2d(numbers(16), [4, 4]);
  const graph = exportGraph(
    ({ x }) => ({ y: tf.matMul(tf.matMul(x, weight), weight) }),
    { x: { shape: [2, 4] } },
    { names: new Map([["layer.weight", weight]]) },
  );
  const constants = graph.nodes.map(({ inputs }) => inputs[1]);
  assert.equal(constants[0], constants[1]);
  assert.equal(constants[0]?.name, "layer.weight");
  const plain = exportGraph(
    ({ x }) => ({ y: tf.matMul(x, weight, false, true) }),
    { x: { shape: [2, 4] } },
    { names: { "layer.weight": weight } },
  );
  assert.deepEqual(plain.nodes.map(({ op }) => op), ["MatMul"]);
  assert.equal(plain.nodes[0].inputs[1]?.name, "layer.weight");
});

Deno.test("a weight keeps its name when moved, not when changed", () => {
  const table = tf.tensor2d(numbers(8), [2, 4]);
  const graph = exportGraph(
    ({ x, y }) => ({
      moved: tf.mul(x, tf.transpose(tf.reshape(table, [4, 2]))),
      changed: tf.mul(y, tf.sub(1, tf.exp(table))),
    }),
    { x: { shape: [2, 4] }, y: { shape: [2, 4] } },
    { names: { "head.table": table } },
  );
  const names = graph.nodes.map(({ inputs }) => inputs[1]?.name);
  assert.deepEqual(names, ["head.table", "head.table.folded"]);
});

Deno.test("arithmetic of constants leaves no nodes", () => {
  const graph = exportGraph(({ x }) => {
    const steps = tf.mul(tf.range(0, 4), tf.scalar(2));
    const table = tf.exp(tf.div(tf.reshape(steps, [2, 2]), 3));
    return { y: tf.mul(x, tf.transpose(table)) };
  }, { x: { shape: [2, 2] } });
  assert.deepEqual(graph.nodes.map(({ op }) => op), ["Mul"]);
});

Deno.test("inputs and constants can be outputs, twice too", async () => {
  const fn = ({ x }: Tensors) => {
    const y = tf.neg(x);
    return {
      same: x,
      reshaped: tf.reshape(x, [4]),
      y,
      again: y,
      one: tf.ones([2]),
    };
  };
  await agree(fn, { x: random([2, 2]) });
});

Deno.test("an unknown kernel is named with its operands and a remedy", () => {
  const fn = ({ x }: Tensors) => ({
    y: tf.cumprod(x, 1),
  });
  assert.throws(() => exportOnnx(fn, { x: { shape: [2, 3] } }), {
    message: "Cannot export the tfjs kernel Cumprod(x float32[2,3]) in " +
      "cumprod: no ONNX form is known. Write the function with other " +
      "operations, or add an entry to engine/onnx/kernels",
  });
});

Deno.test("reading values while tracing is refused", () => {
  const fn = ({ x }: Tensors) => ({ y: tf.mul(x, x.dataSync()[0]) });
  assert.throws(
    () => exportOnnx(fn, { x: { shape: [2] } }),
    /Cannot read the values of a tensor of shape \[2\] while exporting/,
  );
});

Deno.test("an unsupported operator set is refused", () => {
  const specs = { x: { shape: [2] } };
  assert.throws(
    () => exportOnnx(({ x }) => ({ y: tf.neg(x) }), specs, { opset: 11 }),
    { message: "Cannot write ONNX operator set 11: expected 17 to 22" },
  );
});

Deno.test("something else than a tensor is refused by name", () => {
  const fn = () => ({ y: 3 as unknown as tf.Tensor });
  assert.throws(
    () => exportOnnx(fn, {}),
    /the output "y": expected a tensor, found number/,
  );
});

/** Pre-norm attention of queries to rows picked by score. */
function attention({ queries, rows, scores }: Tensors): Tensors {
  const [heads, width] = [4, 32];
  const weight = (seed: number) =>
    tf.tensor2d(numbers(width * width, seed).map((x) => x / 6), [width, width]);
  const project = (x: tf.Tensor, seed: number) => {
    const [b, n] = x.shape;
    const flat = tf.reshape(x, [b * n, width]);
    const y = tf.matMul(flat, weight(seed), false, true);
    const split = tf.reshape(y, [b, n, heads, width / heads]);
    return tf.transpose(split, [0, 2, 1, 3]);
  };
  const { indices } = tf.topk(tf.max(scores, -1), 12);
  const picked = tf.gather(rows, indices, 1, 1);
  const { mean, variance } = tf.moments(queries, -1, true);
  const normed = tf.div(tf.sub(queries, mean), tf.sqrt(tf.add(variance, 1e-5)));
  const [q, k, v] = [normed, picked, picked].map((x, i) => project(x, i + 2));
  const logits = tf.mul(tf.matMul(q, k, false, true), Math.sqrt(heads / width));
  const mixed = tf.matMul(tf.softmax(logits), v);
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), queries.shape);
  return { out: tf.add(queries, joined), indices };
}

Deno.test("attention over the top rows agrees", async () => {
  await agree(attention, {
    queries: random([2, 10, 32], 1),
    rows: random([2, 40, 32], 2),
    scores: random([2, 40, 3], 3),
  }, 1e-5);
});

/** A queue of rows: the newest in front, the oldest dropped. */
function step({ x, memory, ages, keep }: Tensors): Tensors {
  const held = tf.mul(memory, tf.reshape(keep, [1, 1, 1]));
  const aged = tf.add(ages, tf.scalar(1, "int32"));
  const context = tf.mean(held, 1, true);
  const features = tf.tanh(tf.add(x, context));
  const { indices } = tf.topk(tf.sum(features, -1), 2);
  const newest = tf.gather(features, indices, 1, 1);
  return {
    features,
    nextMemory: tf.slice(tf.concat([newest, held], 1), [0, 0, 0], [1, 6, 4]),
    nextAges: tf.slice(tf.concat([tf.zeros([1, 2], "int32"), aged], 1), 0, [
      1,
      6,
    ]),
  };
}

Deno.test("a memory fed back for three steps follows tfjs", async () => {
  const zeros = { data: new Float32Array(24), shape: [1, 6, 4] };
  const ages = ints(Array(6).fill(0), [1, 6]);
  const specs = {
    x: { shape: [1, 5, 4] },
    memory: { shape: [1, 6, 4] },
    ages: { shape: [1, 6], dtype: "int32" as const },
    keep: { shape: [1] },
  };
  const session = await openSession(exportOnnx(step, specs), { threads: 1 });
  let onnx: Record<string, Numbers> = { memory: zeros, ages };
  let cpu = onnx;
  for (let frame = 0; frame < 3; frame++) {
    const x = random([1, 5, 4], frame + 1);
    const keep = { data: Float32Array.of(frame === 0 ? 0 : 1), shape: [1] };
    const expected = onCpu(step, { x, keep, ...cpu });
    const actual = await session.run({ x, keep, ...onnx });
    for (const [name, value] of Object.entries(expected)) {
      assert.ok(errorOf(actual[name], value) < 1e-6, `${name}, frame ${frame}`);
    }
    const next = (out: typeof actual) => ({
      memory: out.nextMemory,
      ages: out.nextAges,
    });
    onnx = next(actual);
    cpu = next(expected);
  }
  assert.deepEqual([...cpu.ages.data], [0, 0, 1, 1, 2, 2]);
  await session.close();
});

Deno.test("operations that change nothing still give new tensors", () => {
  // tfjs would tape x → x and double every gradient.
  exportOnnx(({ x }) => {
    const same = [tf.clone(x), tf.cast(x, "float32"), tf.reshape(x, [2, 3])];
    for (const y of same) assert.notEqual(y.dataId, x.dataId);
    const identity = tf.engine().runKernel("Identity", { x }) as tf.Tensor;
    assert.notEqual(identity.dataId, x.dataId);
    return { y: tf.add(identity, same[0]) };
  }, { x: { shape: [2, 3] } });
});
