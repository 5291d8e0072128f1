/** Free work waits for the first gradient that needs it. @module */
import assert from "node:assert/strict";
import { anchor } from "../../../engine/tensorflow/function/anchor.ts";
import {
  type Graph,
  keyOf,
  type Node,
  type Output,
} from "../../../engine/tensorflow/function/graph.ts";

/** A graph that only writes down what is recorded, by the nodes' names. */
class Notes {
  readonly nodes: Node[] = [];
  readonly names = new Map<bigint, string>();
  #last = 0n;

  output(name: string): Output {
    this.names.set(++this.#last, name);
    return { op: this.#last, index: 0 };
  }

  /** Records an operation; those written anew have a stroke. */
  node(
    kind: string,
    _attributes: Node["attributes"],
    inputs: readonly Output[],
    _count = 1,
  ): { output: Output }[] {
    const known = this.nodes.some((node) => node.kind === kind);
    const output = this.output(known ? `${kind}'` : kind);
    const attributes: Node["attributes"] = [];
    this.nodes.push({
      op: output.op,
      kind,
      attributes,
      inputs: [...inputs],
      bytes: [4],
    });
    return [{ output }];
  }

  barrier(values: readonly Output[]): Output[] {
    return [this.node("barrier", [], values)[0]!.output];
  }

  text({ op, inputs }: Node): string {
    const names = inputs.map(({ op }) => this.names.get(op));
    return `${this.names.get(op)}(${names.join(", ")})`;
  }
}

function one(graph: Notes, kind: string, ...inputs: Output[]): Output {
  return graph.node(kind, [], inputs)[0]!.output;
}

Deno.test("what is done again follows the gradient that needs it first", () => {
  const graph = new Notes();
  const [kept, weight, target] = ["kept", "weight", "target"]
    .map((name) => graph.output(name)) as [Output, Output, Output];
  const relu = one(graph, "relu", kept); // the early half has it, too
  const cast = one(graph, "cast", relu); // only the late half, yet free
  const loss = one(graph, "loss", target, kept);
  const product = one(graph, "product", cast, loss);
  const gradient = one(graph, "gradient", product, relu);
  const update = one(graph, "update", gradient, weight);
  const late = { nodes: [...graph.nodes], outputs: [update] };
  const found = anchor(
    graph as unknown as Graph,
    late,
    [target],
    new Set([keyOf(kept)]),
  );
  assert.deepEqual(found.nodes.map((node) => graph.text(node)), [
    "loss(target, kept)",
    "barrier(kept, loss)",
    "relu'(barrier)",
    "cast'(relu')",
    "product'(cast', loss)",
    "gradient'(product', relu')",
    "update'(gradient', weight)",
  ]);
  assert.equal(graph.names.get(found.outputs[0]!.op), "update'");
});

Deno.test("what no gradient needs, or needs alone, stays as it is", () => {
  const graph = new Notes();
  const [kept, target] = ["kept", "target"]
    .map((name) => graph.output(name)) as [Output, Output];
  const unused = one(graph, "unused", kept);
  const copy = one(graph, "copy", kept);
  const alone = one(graph, "alone", copy); // reads nothing that is late
  const sum = one(graph, "sum", target);
  const late = { nodes: [...graph.nodes], outputs: [unused, alone, sum] };
  const found = anchor(
    graph as unknown as Graph,
    late,
    [target],
    new Set([keyOf(kept)]),
  );
  assert.deepEqual(found, late);
});
