/**
 * How passes change a graph: one walk over the nodes, each of which is kept,
 * replaced or followed by others.
 * @module
 */
import { Builder } from "../builder.ts";
import type { Graph, Node, Value } from "../ir.ts";

/** A pass makes a new graph of a graph. */
export type Pass = (graph: Graph, opset: number) => Graph;

/** Emits nodes in the name of the node that is being rewritten. */
export class Rewriter extends Builder {
  #scope = "";

  override scope(): string {
    return this.#scope;
  }

  /** The scope of the nodes emitted next. */
  enter(node: Node): void {
    this.#scope = node.scope;
  }
}

/**
 * Replaces a node, whose inputs are already rewritten: values in place of its
 * outputs, or undefined to keep it.
 */
export type Rule = (node: Node, g: Rewriter) => Value[] | undefined;

/** Walks a graph once, in order, and applies a rule to every node. */
export function rewrite(graph: Graph, opset: number, rule: Rule): Graph {
  const g = new Rewriter(opset);
  const moved = new Map<Value, Value>();
  const follow = (value: Value) => moved.get(value) ?? value;
  for (const original of graph.nodes) {
    const inputs = original.inputs.map((value) => value && follow(value));
    const changed = inputs.some((value, i) => value !== original.inputs[i]);
    const node = changed ? { ...original, inputs } : original;
    g.enter(node);
    const results = rule(node, g);
    if (!results) g.nodes.push(node);
    else original.outputs.forEach((old, i) => moved.set(old, results[i]));
  }
  const outputs = graph.outputs
    .map(({ name, value }) => ({ name, value: follow(value) }));
  return { inputs: graph.inputs, outputs, nodes: g.nodes };
}

/** How many nodes and graph outputs read each value. */
export function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const count = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (input) count(input);
  }
  for (const { value } of graph.outputs) count(value);
  return uses;
}
