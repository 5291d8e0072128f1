/**
 * What an early half keeps for the late one, in the fewest bytes: values from
 * which the late half computes the others again by work that XLA fuses into
 * what reads them (as AOTAutograd's `min_cut_rematerialization_partition`).
 * @module
 */
import type { Address } from "../capi.ts";
import { FlowNetwork } from "./flow.ts";
import { keyOf, type Node } from "./graph.ts";

/**
 * Operations that cost about as much as reading what they read: element by
 * element, moved about, or one row at a time. Products, convolutions, sums and
 * random numbers are kept; sums are small.
 */
const FUSED = new Set([
  ...["Cast", "Fill", "Identity", "Reshape", "Transpose", "ExpandDims"],
  ...["Squeeze", "Pad", "PadV2", "Slice", "StridedSlice", "ConcatV2", "Pack"],
  ...["Unpack", "Split", "SplitV", "Tile", "BroadcastTo"],
  ...["Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "Neg"],
  ...["Abs", "Sign", "Square", "SquaredDifference", "Sqrt", "Rsqrt", "Pow"],
  ...["Exp", "Log", "Log1p", "Sigmoid", "Tanh", "Erf", "Sin", "Cos", "Floor"],
  ...["Relu", "Relu6", "Elu", "Softplus", "ClipByValue", "Reciprocal"],
  ...["Select", "SelectV2", "Greater", "GreaterEqual", "Less", "LessEqual"],
  ...["Equal", "NotEqual", "LogicalAnd", "LogicalOr", "LogicalNot"],
  ...["Softmax", "LogSoftmax", "ReluGrad", "Relu6Grad"],
]);

/**
 * Products so much larger than their factors that writing them is what costs:
 * the scores of attention.
 */
function grows(
  kind: string,
  read: readonly number[],
  written: readonly number[],
): boolean {
  const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0);
  return /^BatchMatMul/.test(kind) && sum(written) >= 8 * sum(read);
}

/**
 * Operations of the early half that the late one does again.
 * @param early nodes of the early half, in the order of recording.
 * @param late nodes that only the late half can have.
 */
export function repeatedForLeast(
  early: readonly Node[],
  late: readonly Node[],
): Set<Address> {
  const network = new FlowNetwork();
  const [source, sink] = [network.node(), network.node()];
  const nodes = new Map<Address, number>();
  const values = new Map<string, { node: number; size: number }>();
  for (const { op, kind, inputs, bytes } of early) {
    const node = network.node();
    nodes.set(op, node);
    const read = inputs.map((input) => values.get(keyOf(input)));
    const sizes = read.map((value) => value?.size ?? Infinity);
    if (!FUSED.has(kind) && !grows(kind, sizes, bytes)) {
      network.edge(source, node, Infinity);
    }
    for (const value of read) {
      if (value) network.edge(value.node, node, Infinity);
    }
    bytes.forEach((size, index) => {
      const value = { node: network.node(), size };
      values.set(keyOf({ op, index }), value);
      network.edge(node, value.node, size);
    });
  }
  for (const key of new Set(late.flatMap((n) => n.inputs.map(keyOf)))) {
    const value = values.get(key);
    if (value) network.edge(value.node, sink, Infinity);
  }
  const after = network.leastCut(source, sink);
  return new Set([...nodes].filter(([, n]) => after[n]).map(([op]) => op));
}
