/** Passes: fewer nodes, the same numbers. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { exportGraph, type Tensors } from "../../../engine/onnx/mod.ts";
import { agree, errorOf, numbers, onOnnx, random, specsOf } from "./support.ts";

/** Weights of a small residual net, made once on the CPU backend. */
function weights(): Tensors {
  void tf.setBackend("cpu");
  const made: Tensors = {};
  const conv = (name: string, shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const gain = Math.sqrt(3 / (shape[0] * shape[1] * shape[2]));
    const data = numbers(size, name.length).map((x) => x * gain);
    made[`${name}.weight`] = tf.tensor(data, shape);
  };
  const norm = (name: string, width: number) => {
    const value = (seed: number, base: number) =>
      tf.tensor(numbers(width, seed).map((x) => base + 0.1 * x));
    made[`${name}.weight`] = value(3, 1);
    made[`${name}.bias`] = value(5, 0);
    made[`${name}.running_mean`] = value(7, 0);
    made[`${name}.running_var`] = value(9, 1);
  };
  conv("stem.conv", [7, 7, 3, 8]);
  norm("stem.bn", 8);
  for (const block of ["a", "b"]) {
    conv(`${block}.conv1`, [1, 1, 8, 4]);
    norm(`${block}.bn1`, 4);
    conv(`${block}.conv2`, [3, 3, 4, 4]);
    norm(`${block}.bn2`, 4);
    conv(`${block}.conv3`, [1, 1, 4, 8]);
    norm(`${block}.bn3`, 8);
  }
  conv("lateral", [1, 1, 8, 6]);
  made["lateral.bias"] = tf.tensor(numbers(6, 4));
  return made;
}

const WEIGHTS = weights();

function conv(x: tf.Tensor, name: string, stride = 1): tf.Tensor4D {
  const w = WEIGHTS[`${name}.weight`] as tf.Tensor4D;
  return tf.conv2d(x as tf.Tensor4D, w, stride, (w.shape[0] - 1) / 2);
}

function norm(x: tf.Tensor, name: string): tf.Tensor {
  const get = (part: string) => WEIGHTS[`${name}.${part}`];
  const scale = tf.mul(
    get("weight"),
    tf.rsqrt(tf.add(get("running_var"), 1e-5)),
  );
  const shift = tf.sub(get("bias"), tf.mul(get("running_mean"), scale));
  return tf.add(tf.mul(x, scale), shift);
}

function block(x: tf.Tensor, name: string): tf.Tensor {
  let y: tf.Tensor = tf.relu(norm(conv(x, `${name}.conv1`), `${name}.bn1`));
  y = tf.relu(norm(conv(y, `${name}.conv2`), `${name}.bn2`));
  return tf.relu(tf.add(norm(conv(y, `${name}.conv3`), `${name}.bn3`), x));
}

/** Stem, two bottlenecks, a lateral convolution, upsampling and a gate. */
function net({ image }: Tensors): Tensors {
  const stem = tf.relu(norm(conv(image, "stem.conv", 2), "stem.bn"));
  const fine = block(tf.maxPool(stem as tf.Tensor4D, 3, 2, 1), "a");
  const coarse = block(tf.maxPool(fine as tf.Tensor4D, 2, 2, 0), "b");
  const lateral = (x: tf.Tensor) =>
    tf.add(conv(x, "lateral"), WEIGHTS["lateral.bias"]) as tf.Tensor4D;
  const [h, w] = fine.shape.slice(1);
  const up = tf.image.resizeNearestNeighbor(lateral(coarse), [h, w]);
  const sum = tf.add(lateral(fine), up);
  const gate = tf.sigmoid(tf.mean(sum, [1, 2], true));
  return {
    features: tf.mul(tf.concat([sum, up], -1), tf.tile(gate, [1, 1, 1, 2])),
  };
}

const IMAGE = { image: random([2, 24, 32, 3]) };

function count(graph: ReturnType<typeof exportGraph>, op: string): number {
  return graph.nodes.filter((node) => node.op === op).length;
}

Deno.test("passes leave the numbers of a residual net alone", async () => {
  const plain = await onOnnx(net, IMAGE, { optimize: false });
  const passed = await onOnnx(net, IMAGE);
  assert.ok(errorOf(passed.features, plain.features) < 1e-5);
  await agree(net, IMAGE, 1e-5);
});

Deno.test("a residual net keeps only its first and last transpose", () => {
  const traced = exportGraph(net, specsOf(IMAGE), { optimize: false });
  const graph = exportGraph(net, specsOf(IMAGE));
  assert.ok(count(traced, "Transpose") > 30);
  assert.equal(count(graph, "Transpose"), 2);
});

Deno.test("frozen batch norms vanish into convolutions", () => {
  const graph = exportGraph(net, specsOf(IMAGE), { names: WEIGHTS });
  assert.equal(count(graph, "Conv"), 9);
  const ops = new Set(graph.nodes.map(({ op }) => op));
  assert.deepEqual(
    [...ops].sort(),
    [
      "Add", // Residuals and the top-down sum.
      "Concat",
      "Conv",
      "MaxPool",
      "Mul", // The gate.
      "ReduceMean",
      "Relu",
      "Resize",
      "Sigmoid",
      "Tile",
      "Transpose",
    ],
  );
  assert.equal(count(graph, "Add"), 3);
});

Deno.test("initializers keep their names, in PyTorch's layout", () => {
  const graph = exportGraph(net, specsOf(IMAGE), { names: WEIGHTS });
  const convs = graph.nodes.filter(({ op }) => op === "Conv");
  assert.deepEqual(
    convs.slice(0, 2).map(({ inputs }) =>
      inputs.slice(1).map((x) => `${x!.name} [${x!.shape}]`)
    ),
    [
      ["stem.conv.weight.folded [8,3,7,7]", "stem.conv.bias.folded [8]"],
      ["a.conv1.weight.folded [4,8,1,1]", "a.conv1.bias.folded [4]"],
    ],
  );
  assert.match(convs[0].name, /^stem\.conv/);
});

Deno.test("nearest upsampling written as a broadcast becomes a Resize", async () => {
  const fn = ({ image }: Tensors) => {
    const [b, h, w, c] = image.shape as [number, number, number, number];
    const kernel = tf.tensor4d(numbers(c * 4), [1, 1, c, 4]);
    const x = tf.conv2d(image as tf.Tensor4D, kernel, 1, "valid");
    const rows = tf.reshape(x, [b * h, 1, w, 1, 4]);
    const wide = tf.mul(rows, tf.ones([1, 2, 1, 3, 1]));
    return { y: tf.reshape(wide, [b, 2 * h, 3 * w, 4]) };
  };
  const graph = exportGraph(fn, specsOf(IMAGE));
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["Transpose", "Conv", "Resize", "Transpose"],
  );
  await agree(fn, IMAGE);
});

Deno.test("layer norms are recognised, with and without their affine part", async () => {
  const width = 16;
  const weight = tf.tensor(numbers(width, 3));
  const bias = tf.tensor(numbers(width, 4));
  const normalize = (x: tf.Tensor) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    return tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
  };
  const fn = ({ x, gain }: Tensors) => ({
    full: tf.add(tf.mul(normalize(x), weight), bias),
    bare: tf.mul(normalize(tf.neg(x)), gain),
  });
  const inputs = { x: random([2, 5, width]), gain: random([2, 5, width], 2) };
  for (const opset of [17, 18]) {
    const graph = exportGraph(fn, specsOf(inputs), { opset });
    const ops = graph.nodes.map(({ op }) => op).sort();
    assert.deepEqual(ops, [
      "LayerNormalization",
      "LayerNormalization",
      "Mul",
      "Neg",
    ]);
    await agree(fn, inputs, 1e-5, { opset });
  }
});

Deno.test("a norm that is read twice keeps its own value", async () => {
  const scale = tf.tensor(numbers(8, 3));
  const fn = ({ x }: Tensors) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
    return { normal, scaled: tf.mul(normal, scale), centred };
  };
  await agree(fn, { x: random([3, 8]) }, 1e-5);
});

Deno.test("equal operations run once", () => {
  const graph = exportGraph(
    ({ x }) => ({ y: tf.add(tf.exp(tf.neg(x)), tf.exp(tf.neg(x))) }),
    { x: { shape: [3] } },
  );
  assert.deepEqual(graph.nodes.map(({ op }) => op), ["Neg", "Exp", "Add"]);
});

Deno.test("operations that nobody reads and idle ones are dropped", () => {
  const graph = exportGraph(({ x }) => {
    tf.exp(x);
    const there = tf.transpose(tf.reshape(x, [3, 4]));
    const back = tf.reshape(tf.reshape(tf.transpose(there), [4, 3]), [12]);
    return { y: tf.neg(tf.cast(back, "float32")) };
  }, { x: { shape: [12] } });
  assert.deepEqual(graph.nodes.map(({ op }) => op), ["Neg"]);
});

Deno.test("a broadcast condition needs no copy", async () => {
  const fn = ({ x }: Tensors) => {
    const rows = tf.greater(tf.sum(x, -1, true), 0);
    return {
      y: tf.where(tf.broadcastTo(rows, x.shape), x, tf.neg(x)),
      erased: tf.where(rows, x, tf.zerosLike(x)),
    };
  };
  const inputs = { x: random([4, 6]) };
  const graph = exportGraph(fn, specsOf(inputs));
  assert.ok(!graph.nodes.some(({ op }) => op === "Expand"));
  const erased = graph.nodes.find(({ outputs }) =>
    outputs[0].name === "erased"
  );
  assert.deepEqual(erased?.inputs[2]?.shape, []);
  await agree(fn, inputs);
});

Deno.test("scales and shifts on either side fold into a convolution", async () => {
  const kernel = tf.tensor4d(numbers(3 * 3 * 3 * 4), [3, 3, 3, 4]);
  const c = tf.tensor(numbers(4, 2).map((n) => n + 2));
  const fn = ({ image }: Tensors) => {
    const y = tf.conv2d(image as tf.Tensor4D, kernel, 1, "same");
    return { y: tf.sub(c, tf.div(tf.sub(tf.mul(2, y), c), c)) };
  };
  const graph = exportGraph(fn, specsOf(IMAGE));
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["Transpose", "Conv", "Transpose"],
  );
  await agree(fn, IMAGE, 1e-5);
});

Deno.test("a convolution that is read twice keeps its weights", async () => {
  const kernel = tf.tensor4d(numbers(3 * 4), [1, 1, 3, 4]);
  const fn = ({ image }: Tensors) => {
    const y = tf.conv2d(image as tf.Tensor4D, kernel, 1, "same");
    return { y, doubled: tf.mul(y, 2) };
  };
  await agree(fn, IMAGE);
});

Deno.test("transposes move through the operations that allow it", async () => {
  const kernel = tf.tensor4d(numbers(3 * 4), [1, 1, 3, 4]);
  const fn = ({ image }: Tensors) => {
    const conv = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, kernel, 1, 0);
    const x = conv(image);
    const parts = tf.split(tf.clipByValue(x, -0.5, 0.5), 2, 3);
    const padded = tf.pad(parts[0], [[0, 0], [1, 0], [0, 1], [0, 0]]);
    const cut = tf.slice(padded, [0, 1, 1, 0], [-1, -1, -1, -1]);
    const same = tf.slice(parts[1], [0, 0, 0, 0], cut.shape);
    const both = tf.concat([tf.maximum(cut, same), cut], 3);
    const mean = tf.mean(both, [1, 2]);
    const top = tf.max(both, 3, true);
    const where = tf.where(tf.greater(both, top), both, tf.sigmoid(both));
    return {
      mean,
      three: conv(tf.slice(where, [0, 0, 0, 0], [-1, -1, -1, 3])),
    };
  };
  const graph = exportGraph(fn, specsOf(IMAGE));
  assert.equal(count(graph, "Transpose"), 2);
  await agree(fn, IMAGE, 1e-5);
});
