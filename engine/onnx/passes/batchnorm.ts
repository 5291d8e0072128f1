/**
 * Pass: batchnorm. A scale or a shift of a convolution's channels moves into
 * its weights and its bias, which is what a frozen batch norm is.
 * @module
 */
import {
  type Constant,
  constant,
  derivedName,
  type Graph,
  isConstant,
  type Node,
  sizeOf,
  type Value,
} from "../ir.ts";
import { countUses, rewrite, type Rewriter } from "./rewrite.ts";

type Fold = (weights: Weights, c: Float32Array, first: boolean) => void;

/** Own copies of a convolution's numbers, one row of weights a channel. */
interface Weights {
  readonly rows: Float32Array[];
  readonly bias: Float32Array;
}

function scale({ rows, bias }: Weights, factor: (k: number) => number): void {
  rows.forEach((row, k) => {
    row.forEach((w, i) => row[i] = w * factor(k));
    bias[k] *= factor(k);
  });
}

/** How each operation changes weights; `first` if the constant is on the left. */
const FOLD: Readonly<Record<string, Fold>> = {
  Mul: (weights, c) => scale(weights, (k) => c[k]),
  Div: (weights, c) => scale(weights, (k) => 1 / c[k]),
  Add: ({ bias }, c) => bias.forEach((_, k) => bias[k] += c[k]),
  Sub: (weights, c, first) => {
    if (first) scale(weights, () => -1);
    const sign = first ? 1 : -1;
    weights.bias.forEach((_, k) => weights.bias[k] += sign * c[k]);
  },
};

/** Runs the pass. */
export function foldBatchNorms(graph: Graph, opset: number): Graph {
  const uses = countUses(graph);
  const convs = new Map<Value, Node>();
  const result = rewrite(graph, opset, (node, g) => {
    if (node.op === "Conv" && node.inputs.slice(1).every(isConstant)) {
      convs.set(node.outputs[0], node);
    }
    const side = node.inputs.findIndex((x) => x && convs.has(x));
    const conv = side < 0 ? undefined : convs.get(node.inputs[side]!)!;
    const other = node.inputs[1 - side];
    if (!conv || !FOLD[node.op] || !isConstant(other)) return undefined;
    if (uses.get(conv.outputs[0]) !== 1) return undefined;
    if (node.op === "Div" && side === 1) return undefined;
    const c = perChannel(other, conv.outputs[0].shape);
    if (!c) return undefined;
    const folded = refit(conv, node, g, (w) => FOLD[node.op](w, c, side === 1));
    convs.set(folded.outputs[0], folded);
    uses.set(folded.outputs[0], uses.get(node.outputs[0]) ?? 0);
    return [...folded.outputs];
  });
  return result;
}

/** The constant as one number a channel, or undefined if it is not that. */
function perChannel(
  c: Constant,
  [, channels, ...spatial]: readonly number[],
): Float32Array | undefined {
  const size = sizeOf(c.shape);
  const axis = c.shape.length - spatial.length - 1;
  const fits = size === 1 || size === channels && c.shape[axis] === channels;
  if (!fits || c.shape.length > spatial.length + 2) return undefined;
  const data = c.data as Float32Array;
  return Float32Array.from({ length: channels }, (_, k) => data[k % size]);
}

/** Emits the convolution again with changed weights. */
function refit(
  conv: Node,
  after: Node,
  g: Rewriter,
  change: (weights: Weights) => void,
): Node {
  const [x, w, b] = conv.inputs as [Value, Constant, Constant | undefined];
  const data = (w.data as Float32Array).slice();
  const channels = w.shape[0];
  const width = data.length / channels;
  const rows = Array.from(
    { length: channels },
    (_, k) => data.subarray(k * width, (k + 1) * width),
  );
  const bias = b
    ? (b.data as Float32Array).slice()
    : new Float32Array(channels);
  change({ rows, bias });
  const weightName = derivedName([w], false);
  const biasName = b
    ? derivedName([b], false)
    : weightName.replace(/weight(?=\.|$)/, "bias");
  const inputs = [
    x,
    constant(data, w.shape, "float32", weightName),
    constant(bias, [channels], "float32", biasName),
  ];
  const { op, attributes, scope } = conv;
  const outputs = after.outputs.map((value) => ({ ...value }));
  const node = { name: op, op, inputs, outputs, attributes, scope };
  g.nodes.push(node);
  return node;
}
