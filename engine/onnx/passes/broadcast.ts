/**
 * Pass: broadcast. ONNX operations broadcast by themselves: where another
 * operand has the full shape, an Expand is needless and a constant of equal
 * numbers can be a scalar.
 * @module
 */
import {
  broadcastShape,
  constant,
  type Graph,
  isConstant,
  type Node,
  sameNumbers,
  type Value,
} from "../ir.ts";
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
    const source = expanded.get(inputs[i]) ?? scalarOf(inputs[i]);
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

/** The one number that a larger constant repeats. */
function scalarOf(value: Value): Value | undefined {
  if (!isConstant(value) || value.shape.length === 0) return undefined;
  const data = value.data as Float32Array;
  if (data.length === 0 || data.some((n) => n !== data[0])) return undefined;
  return constant(data.slice(0, 1), [], value.type);
}
