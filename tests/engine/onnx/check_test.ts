/** The checker finds planted faults and the printer shows a graph. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  checkGraph,
  exportGraph,
  printGraph,
} from "../../../engine/onnx/mod.ts";

type Graph = ReturnType<typeof exportGraph>;
type Node = Graph["nodes"][number];

function sample(): Graph {
  void tf.setBackend("cpu");
  const weight = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  return exportGraph(
    ({ x }) => ({ y: tf.relu(tf.matMul(x, weight)) }),
    { x: { shape: [4, 3] } },
    { names: { "head.fc.weight": weight } },
  );
}

function plant(change: (nodes: Node[], graph: Graph) => Partial<Graph>) {
  const graph = sample();
  const broken = { ...graph, ...change([...graph.nodes], graph) };
  return () => checkGraph(broken, "planting");
}

Deno.test("a good graph passes", () => {
  assert.doesNotThrow(() => checkGraph(sample()));
});

Deno.test("an undefined input is found, with its node and scope", () => {
  const planted = plant(([product, relu]) => ({ nodes: [relu, product] }));
  assert.throws(planted, {
    name: "GraphError",
    message: "The ONNX graph is broken after planting:\n" +
      '  Relu "head.fc/relu/Relu" in head.fc/relu reads ' +
      '"head.fc/matMul/MatMul.out" float32[4,2], which no node makes ' +
      "before it",
  });
});

Deno.test("a missing output is found", () => {
  const planted = plant(([product]) => ({ nodes: [product] }));
  assert.throws(planted, /the graph's output "y" reads "y" float32\[4,2\]/);
});

Deno.test("a wrong shape is found", () => {
  const planted = plant(([product, relu]) => ({
    nodes: [product, {
      ...relu,
      outputs: [{ ...relu.outputs[0], shape: [2] }],
    }],
    outputs: [],
  }));
  assert.throws(planted, /yields shape \[2\], expected \[4,2\]/);
});

Deno.test("a wrong type is found", () => {
  const planted = plant(([product, relu]) => ({
    nodes: [
      product,
      {
        ...relu,
        op: "Sqrt",
        inputs: [{ ...product.inputs[0]!, type: "bool" }],
      },
    ],
    outputs: [],
  }));
  assert.throws(planted, /operand is bool, expected float32/);
});

Deno.test("factors that do not fit are found", () => {
  const planted = plant(([product]) => ({
    nodes: [{ ...product, inputs: [product.inputs[1], product.inputs[0]] }],
    outputs: [],
  }));
  assert.throws(planted, /cannot multiply \[3,2\] by \[4,3\]/);
});

Deno.test("a constant of the wrong length is found", () => {
  const planted = plant(([product, relu]) => {
    const weight = { ...product.inputs[1]!, data: new Float32Array(5) };
    const inputs = [product.inputs[0], weight];
    return { nodes: [{ ...product, inputs }, relu] };
  });
  assert.throws(planted, /"head.fc.weight" float32\[3,2\] of 5 numbers/);
});

Deno.test("two nodes of one name are found", () => {
  const planted = plant(([product, relu]) => ({
    nodes: [product, { ...relu, name: product.name }],
  }));
  assert.throws(
    planted,
    /is named "head.fc\/matMul\/MatMul", as is MatMul/,
  );
});

Deno.test("all faults are listed", () => {
  const planted = plant(([product, relu]) => ({
    nodes: [{ ...relu, name: "" }, product],
  }));
  assert.throws(
    planted,
    (error: Error) => error.message.split("\n").length === 3,
  );
});

Deno.test("a printed graph reads line by line", () => {
  assert.equal(
    printGraph(sample()),
    `input  %x float32[4,3]
%head.fc/matMul/MatMul.out float32[4,2] = MatMul(%x, [1,2,3,4,5,6])  # head.fc/matMul
%y float32[4,2] = Relu(%head.fc/matMul/MatMul.out)  # head.fc/relu
output y = %y
`,
  );
});
