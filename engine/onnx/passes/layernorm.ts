/**
 * Pass: layernorm. (x − mean) / √(variance + ε) over the last axis, and the
 * scale and shift after it, become one LayerNormalization.
 * @module
 */
import { float } from "../builder.ts";
import {
  type Constant,
  constant,
  type Float,
  type Graph,
  isConstant,
  type Node,
  numbersOf,
  sizeOf,
  type Value,
} from "../ir.ts";
import { countUses, rewrite, type Rewriter } from "./rewrite.ts";

type Makers = ReadonlyMap<Value, Node>;

/** The node that makes a value, if it is of this operator. */
function made(makers: Makers, value: Value | null | undefined, op: string) {
  const node = value ? makers.get(value) : undefined;
  return node?.op === op ? node : undefined;
}

/** The operand of a mean over the last axis that keeps it. */
function meanOf(makers: Makers, value: Value | null): Value | undefined {
  const node = made(makers, value, "ReduceMean");
  if (!node || node.attributes.keepdims !== 1) return undefined;
  const [x, second] = node.inputs;
  const axes = isConstant(second)
    ? numbersOf(second)
    : node.attributes.axes as readonly number[];
  return axes.length === 1 && axes[0] === x!.shape.length - 1 ? x! : undefined;
}

/** x and ε, where `centred` · `inverse` is the normal form of x. */
function normalForm(
  makers: Makers,
  centred: Value | null,
  inverse: Value | null,
): { x: Value; epsilon: number } | undefined {
  const difference = made(makers, centred, "Sub");
  const deviation = made(makers, inverse, "Reciprocal")?.inputs[0];
  const sum = made(makers, made(makers, deviation, "Sqrt")?.inputs[0], "Add");
  if (!difference || !sum) return undefined;
  const [x, mean] = difference.inputs;
  const side = sum.inputs.findIndex(isConstant);
  const epsilon = sum.inputs[side];
  const square = made(
    makers,
    meanOf(makers, sum.inputs[1 - side]) ?? null,
    "Mul",
  );
  const fits = isConstant(epsilon) && sizeOf(epsilon.shape) === 1 &&
    meanOf(makers, mean) === x &&
    square?.inputs.every((operand) => operand === centred);
  return fits ? { x: x!, epsilon: numbersOf(epsilon)[0] } : undefined;
}

/** A constant with one number for each element of the last axis. */
function perChannel(value: Value | null, width: number): value is Constant {
  return isConstant(value) && sizeOf(value.shape) === width &&
    value.shape.at(-1) === width;
}

/** Parts of a normalisation that have been recognised. */
interface Norm {
  readonly x: Value;
  readonly epsilon: number;
  readonly scale?: Constant;
  readonly shift?: Constant;
}

function emit(g: Rewriter, { x, epsilon, scale, shift }: Norm): Value {
  const width = x.shape.at(-1)!;
  const flat = (value: Constant) =>
    constant(value.data, [width], "float32", value.name);
  const ones = constant(new Float32Array(width).fill(1), [width], "float32");
  const inputs = [x, scale ? flat(scale) : ones];
  if (shift) inputs.push(flat(shift));
  const attributes = { axis: -1, epsilon: float(epsilon) as Float };
  return g.node("LayerNormalization", inputs, x, attributes);
}

/** The next part of a known norm: its scale, then its shift. */
function extend(norm: Norm, node: Node, other: Value | null): Norm | undefined {
  if (!perChannel(other, norm.x.shape.at(-1)!)) return undefined;
  if (other.shape.length > norm.x.shape.length) return undefined;
  if (node.op === "Mul" && !norm.scale && !norm.shift) {
    return { ...norm, scale: other };
  }
  return node.op === "Add" && !norm.shift
    ? { ...norm, shift: other }
    : undefined;
}

/** Runs the pass. */
export function fuseLayerNorms(graph: Graph, opset: number): Graph {
  const uses = countUses(graph);
  const makers = new Map<Value, Node>();
  const norms = new Map<Value, Norm>();
  const once = new Set<Value>();
  return rewrite(graph, opset, (node, g) => {
    for (const output of node.outputs) makers.set(output, node);
    if (node.op !== "Mul" && node.op !== "Add") return undefined;
    const [a, b] = node.inputs;
    const side = norms.has(a!) ? 0 : 1;
    const known = norms.get(node.inputs[side]!);
    const norm = known && once.has(node.inputs[side]!)
      ? extend(known, node, node.inputs[1 - side])
      : node.op === "Mul"
      ? normalForm(makers, a, b) ?? normalForm(makers, b, a)
      : undefined;
    if (!norm) return undefined;
    const y = emit(g, norm);
    norms.set(y, norm);
    if (uses.get(node.outputs[0]) === 1) once.add(y);
    return [y];
  });
}
