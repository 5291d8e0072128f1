/** Smaller numbers and ONNX Runtime's own operators. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  exportGraph,
  type ExportOptions,
  type Graph,
  type Tensors,
} from "../../../engine/onnx/mod.ts";
import { agree, errorOf, numbers, onOnnx, random, specsOf } from "./support.ts";

const HEADS = 4;
const WIDTH = 64;

void tf.setBackend("cpu");
const WEIGHTS: Tensors = Object.fromEntries(
  ["query", "key", "value", "place"].map((name, i) => [
    `net.${name}.weight`,
    tf.tensor(
      numbers(WIDTH * WIDTH, 3 + i).map((x) => x / 6),
      [WIDTH, WIDTH],
    ),
  ]),
);

/** Attention of rows to tokens, and a branch that reads coordinates. */
function net({ rows, tokens }: Tensors): Tensors {
  const project = (x: tf.Tensor, name: string) => {
    const flat = tf.reshape(x, [-1, WIDTH]) as tf.Tensor2D;
    const y = tf.matMul(flat, WEIGHTS[`net.${name}.weight`] as tf.Tensor2D);
    const split = tf.reshape(y, [1, x.shape[1]!, HEADS, WIDTH / HEADS]);
    return tf.transpose(split, [0, 2, 1, 3]);
  };
  const queries = tf.mul(project(rows!, "query"), 0.25);
  const scores = tf.matMul(queries, project(tokens!, "key"), false, true);
  const mixed = tf.matMul(tf.softmax(scores), project(tokens!, "value"));
  const seen = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), rows!.shape);
  const place = tf.matMul(
    tf.reshape(rows!, [-1, WIDTH]) as tf.Tensor2D,
    WEIGHTS["net.place.weight"] as tf.Tensor2D,
  );
  return { seen: tf.relu(tf.add(seen, rows!)), place };
}

const INPUTS = {
  rows: random([1, 6, WIDTH], 1, 2),
  tokens: random([1, 40, WIDTH], 2, 2),
};

function graphOf(options: ExportOptions): Graph {
  return exportGraph(net, specsOf(INPUTS), { names: WEIGHTS, ...options });
}

function count(graph: Graph, op: string): number {
  return graph.nodes.filter((node) => node.op === op).length;
}

/** Type of the weight that a product of the graph reads. */
function typeOf(graph: Graph, weight: string): string | undefined {
  return graph.nodes.flatMap(({ inputs }) => inputs)
    .find((value) => value?.name === weight)?.type;
}

async function errors(options: ExportOptions) {
  const exact = await onOnnx(net, INPUTS, { names: WEIGHTS });
  const found = await onOnnx(net, INPUTS, { names: WEIGHTS, ...options });
  return {
    seen: errorOf(found.seen!, exact.seen!),
    place: errorOf(found.place!, exact.place!),
  };
}

Deno.test("attention becomes one operator, the same numbers", async () => {
  const graph = graphOf({ contrib: true });
  assert.equal(count(graph, "MultiHeadAttention"), 1);
  assert.equal(count(graph, "Softmax"), 0);
  assert.equal(count(graph, "Transpose"), 0);
  await agree(net, INPUTS, 1e-5, { contrib: true });
});

Deno.test("only the standard's operators are written unasked", () => {
  const { nodes } = graphOf({});
  assert.ok(nodes.every(({ domain }) => domain === undefined));
});

Deno.test("attention whose weights are read elsewhere stays apart", () => {
  const graph = exportGraph(
    ({ rows, tokens }) => {
      const split = (x: tf.Tensor) =>
        tf.transpose(
          tf.reshape(x, [1, x.shape[1]!, HEADS, WIDTH / HEADS]),
          [0, 2, 1, 3],
        );
      const keys = split(tokens!);
      const weights = tf.softmax(tf.matMul(split(rows!), keys, false, true));
      const mixed = tf.transpose(tf.matMul(weights, keys), [0, 2, 1, 3]);
      return { mixed, weights };
    },
    specsOf(INPUTS),
    { contrib: true },
  );
  assert.equal(count(graph, "MultiHeadAttention"), 0);
});

Deno.test("float16 inside, float32 at the border", async () => {
  const graph = graphOf({ precision: "float16" });
  assert.equal(typeOf(graph, "net.key.weight"), "float16");
  const border = [...graph.inputs, ...graph.outputs.map(({ value }) => value)];
  assert.ok(border.every(({ type }) => type === "float32"));
  const { seen } = await errors({ precision: "float16" });
  assert.ok(seen > 1e-5 && seen < 5e-3, `${seen}`);
});

Deno.test("int8 weights have a scale for each column", async () => {
  const graph = graphOf({ precision: "int8" });
  assert.equal(count(graph, "MatMulInteger"), 4);
  assert.equal(typeOf(graph, "net.key.weight"), "int8");
  // Two projections of the tokens share what was quantised.
  assert.equal(count(graph, "DynamicQuantizeLinear"), 2);
  const { seen } = await errors({ precision: "int8" });
  assert.ok(seen > 1e-4 && seen < 0.1, `${seen}`);
});

for (const precision of ["float16", "int8"] as const) {
  Deno.test(`modules that are named stay float32: ${precision}`, async () => {
    const options = { precision, keep: ["net.place"] };
    const graph = graphOf(options);
    assert.equal(typeOf(graph, "net.place.weight"), "float32");
    const { place, seen } = await errors(options);
    assert.ok(place < 1e-6 && seen > 1e-5, `${place} ${seen}`);
  });
}

Deno.test("weights that float16 cannot hold stay float32", async () => {
  const weight = tf.tensor2d(numbers(WIDTH * WIDTH, 5), [WIDTH, WIDTH]);
  const large = tf.mul(weight, 1e6);
  const fn = ({ rows }: Tensors) => ({
    y: tf.matMul(tf.reshape(rows!, [-1, WIDTH]) as tf.Tensor2D, large),
  });
  const inputs = { rows: INPUTS.rows };
  await agree(fn, inputs, 1e-5, { precision: "float16" });
});
