/**
 * Pass: int8. Products with weights are computed in whole numbers: weights
 * of 8 bits, a scale for each column, and operands that are quantised by
 * their own range in every run.
 * @module
 */
import {
  type Constant,
  constant,
  type Graph,
  isConstant,
  type Node,
  type Value,
} from "../ir.ts";
import { isKept } from "./keep.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

/**
 * Largest whole number of a weight. Seven bits: processors without VNNI add
 * pairs of products in 16 bits, which eight bits would overflow.
 */
const LARGEST = 63;
/** Smaller weights cost more to quantise around than they save. */
const SMALLEST = 4096;

/** A quantised operand. */
interface Quantised {
  numbers: Value;
  scale: Value;
  zero: Value;
}

/** The pass, which leaves modules of these names in float32. */
export function toInt8(keep: readonly string[]) {
  return (graph: Graph, opset: number): Graph => {
    const operands = new Map<Value, Quantised>();
    return rewrite(graph, opset, (node, g) => {
      const weight = weightOf(node);
      if (!weight || isKept(node, keep)) return undefined;
      const x = node.inputs[0]!;
      const operand = operands.get(x) ?? quantise(g, x);
      operands.set(x, operand);
      return [product(g, operand, weight, node.outputs[0]!)];
    });
  };
}

/** The constant right-hand side of a product, [K, N]. */
function weightOf({ op, inputs }: Node): Constant | undefined {
  const weight = inputs[1];
  const fits = op === "MatMul" && isConstant(weight) &&
    weight.type === "float32" && weight.shape.length === 2 &&
    weight.data.length >= SMALLEST && !isConstant(inputs[0]);
  return fits ? weight : undefined;
}

function quantise(g: Rewriter, x: Value): Quantised {
  const [numbers, scale, zero] = g.split("DynamicQuantizeLinear", [x], [
    { shape: x.shape, type: "uint8" },
    { shape: [] },
    { shape: [], type: "uint8" },
  ]) as [Value, Value, Value];
  return { numbers, scale, zero };
}

/** In the order of nodes that ONNX Runtime fuses. */
function product(
  g: Rewriter,
  { numbers, scale, zero }: Quantised,
  weight: Constant,
  { shape }: Value,
): Value {
  const { whole, scales } = quantiseColumns(weight);
  const sums = g.node("MatMulInteger", [numbers, whole, zero], {
    shape,
    type: "int32",
  });
  const factors = g.node("Mul", [scale, scales], { shape: scales.shape });
  return g.node("Mul", [g.cast(sums, "float32"), factors], { shape });
}

/** Whole numbers and the scale of each column of [K, N]. */
export function quantiseColumns(
  { name, data, shape }: Constant,
): { whole: Constant; scales: Constant } {
  const [rows, columns] = shape as [number, number];
  const values = data as Float32Array;
  const scales = new Float32Array(columns);
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    scales[column] = Math.max(scales[column]!, Math.abs(values[i]!) / LARGEST);
  }
  const whole = new Int8Array(rows * columns);
  for (let i = 0; i < values.length; i++) {
    whole[i] = Math.round(values[i]! / (scales[i % columns]! || 1));
  }
  return {
    whole: constant(whole, shape, "int8", name),
    scales: constant(scales, [columns], "float32", `${name}.scale`),
  };
}
