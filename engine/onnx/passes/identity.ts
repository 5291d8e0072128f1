/**
 * Pass: identity. Removes operations that change nothing and joins reshapes
 * and transposes that follow each other.
 * @module
 */
import {
  type Graph,
  isConstant,
  type Node,
  sameNumbers,
  type Value,
} from "../ir.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

type Simplify = (
  node: Node,
  g: Rewriter,
  makers: ReadonlyMap<Value, Node>,
) => Value | undefined;

/** An operation with the shape and type of its first operand. */
const unchanged: Simplify = ({ inputs: [x], outputs: [y] }) =>
  x && sameNumbers(x.shape, y.shape) && x.type === y.type ? x : undefined;

function isOnes(value: Value | null): boolean {
  return isConstant(value) && value.type === "float32" &&
    (value.data as Float32Array).every((n) => n === 1);
}

const SIMPLIFY: Readonly<Record<string, Simplify>> = {
  Identity: ({ inputs: [x] }) => x!,
  Cast: unchanged,
  Expand: unchanged,
  Tile: unchanged,
  /** tfjs broadcasts by multiplying with ones. */
  Mul: ({ inputs, outputs: [y] }, g) => {
    const side = inputs.findIndex(isOnes);
    const x = inputs[1 - side];
    return side >= 0 && x && !isOnes(x) ? g.expand(x, y.shape) : undefined;
  },
  Reshape: (node, g, makers) => {
    const same = unchanged(node, g, makers);
    if (same) return same;
    const earlier = makers.get(node.inputs[0]!);
    if (earlier?.op !== "Reshape") return undefined;
    return g.reshape(earlier.inputs[0]!, node.outputs[0].shape);
  },
  Transpose: (node, g, makers) => {
    const perm = node.attributes.perm as number[];
    const [x] = node.inputs;
    if (perm.every((axis, i) => axis === i)) return x!;
    const earlier = makers.get(x!);
    if (earlier?.op !== "Transpose") return undefined;
    const first = earlier.attributes.perm as number[];
    return g.transpose(earlier.inputs[0]!, perm.map((axis) => first[axis]));
  },
};

/** Runs the pass. */
export function removeIdentities(graph: Graph, opset: number): Graph {
  const makers = new Map<Value, Node>();
  return rewrite(graph, opset, (node, g) => {
    const count = g.nodes.length;
    const result = SIMPLIFY[node.op]?.(node, g, makers);
    for (const made of result ? g.nodes.slice(count) : [node]) {
      for (const output of made.outputs) makers.set(output, made);
    }
    return result && [result];
  });
}
