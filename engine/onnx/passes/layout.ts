/**
 * Pass: layout. tfjs speaks NHWC and ONNX NCHW, so a traced convolution
 * stands between two transposes. This pass moves every transpose down the
 * graph, through operations that can work on permuted axes, until it meets
 * its inverse and both vanish, or an operation that needs the real order.
 *
 * While it walks, a value is a base and a pending permutation; a transpose is
 * written only where somebody reads the value in its own order.
 * @module
 */
import { type Graph, type Node, sameNumbers, sizeOf } from "../ir.ts";
import { CARRIERS } from "./carry.ts";
import { compose, identity, Layout } from "./permuted.ts";

/** Runs the pass. */
export function moveTransposes(graph: Graph, opset: number): Graph {
  const layout = new Layout(opset);
  for (const node of graph.nodes) {
    layout.g.enter(node);
    if (node.op === "Transpose") {
      const { base, perm } = layout.view(node.inputs[0]!);
      const whole = compose(perm, node.attributes.perm as number[]);
      layout.set(node.outputs[0], { base, perm: whole });
      continue;
    }
    if (waits(layout, node) && CARRIERS[node.op]?.(layout, node)) continue;
    const inputs = node.inputs.map((value) => value && layout.plain(value));
    layout.g.nodes.push({ ...node, inputs });
  }
  const outputs = graph.outputs
    .map(({ name, value }) => ({ name, value: layout.plain(value) }));
  const moved = { inputs: graph.inputs, outputs, nodes: layout.g.nodes };
  // A value with many readers can need more transposes below than above.
  return transposed(moved) <= transposed(graph) ? moved : graph;
}

/** How many numbers a graph's transposes move. */
function transposed({ nodes }: Pick<Graph, "nodes">): number {
  return nodes.filter(({ op }) => op === "Transpose")
    .reduce((sum, { outputs }) => sum + sizeOf(outputs[0].shape), 0);
}

/** Whether any operand has a pending permutation that moves numbers. */
function waits(layout: Layout, node: Node): boolean {
  return node.inputs.some((value) => {
    if (!value || sizeOf(value.shape) === 0) return false;
    const { perm } = layout.view(value);
    return !sameNumbers(perm, identity(perm.length));
  });
}
