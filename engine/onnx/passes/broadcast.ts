/**
 * Pass: broadcast. ONNX operations broadcast by themselves: an Expand before
 * one is needless where another operand has the full shape.
 * @module
 */
import { broadcastShape, type Graph, type Node, type Value } from "../ir.ts";
import { sameNumbers } from "../ir.ts";
import { rewrite } from "./rewrite.ts";

const BROADCASTING = new Set(
  [
    "Add,Sub,Mul,Div,Pow,Max,Min,And,Or,Xor,Where,Equal",
    "Greater,GreaterOrEqual,Less,LessOrEqual",
  ].join(",").split(","),
);

/** Runs the pass. */
export function dropExpands(graph: Graph, opset: number): Graph {
  const expanded = new Map<Value, Value>();
  return rewrite(graph, opset, (node, g) => {
    if (node.op === "Expand") expanded.set(node.outputs[0], node.inputs[0]!);
    if (!BROADCASTING.has(node.op)) return undefined;
    const inputs = narrow(node, expanded);
    if (!inputs) return undefined;
    g.nodes.push({ ...node, inputs });
    return [...node.outputs];
  });
}

/** Replaces every expanded operand without which the shape stays. */
function narrow(
  node: Node,
  expanded: ReadonlyMap<Value, Value>,
): Value[] | undefined {
  const inputs = node.inputs.filter((value) => value !== null);
  let changed = false;
  for (let i = 0; i < inputs.length; i++) {
    const source = expanded.get(inputs[i]);
    if (!source) continue;
    const shapes = inputs.map((x, at) => at === i ? source.shape : x.shape);
    if (!sameNumbers(broadcastShape(...shapes), node.outputs[0].shape)) {
      continue;
    }
    inputs[i] = source;
    changed = true;
  }
  return changed ? inputs : undefined;
}
