/**
 * Pass: dead. Drops nodes whose results nobody reads.
 * @module
 */
import type { Graph, Value } from "../ir.ts";

/** Runs the pass. */
export function dropDead(graph: Graph): Graph {
  const read = new Set<Value>(graph.outputs.map(({ value }) => value));
  const kept = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => read.has(output))) continue;
    for (const input of node.inputs) if (input) read.add(input);
    kept.push(node);
  }
  return { ...graph, nodes: kept.reverse() };
}
