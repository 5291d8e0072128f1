/**
 * Pass: attention. softmax(s · Q·Kᵀ)·V by heads becomes one operation of ONNX
 * Runtime's, which does not write the scores of all pairs to memory.
 * @module
 */
import { float } from "../builder.ts";
import {
  type Graph,
  isConstant,
  MICROSOFT,
  type Node,
  numbersOf,
  sameNumbers,
  sizeOf,
  type Value,
} from "../ir.ts";
import { countUses, rewrite, type Rewriter } from "./rewrite.ts";

type Makers = ReadonlyMap<Value, Node>;

/** Operands of an attention, [B, rows, heads, C / heads] each. */
interface Attention {
  query: Value;
  key: Value;
  value: Value;
  scale: number;
}

/** [B, rows, heads, C] as products of matrices want it, and back. */
const BY_HEADS = [0, 2, 1, 3];
/** The same, transposed for a right-hand side. */
const KEYS = [0, 2, 3, 1];

function made(makers: Makers, value: Value | null | undefined, op: string) {
  const node = value ? makers.get(value) : undefined;
  return node?.op === op ? node : undefined;
}

/** What a transpose of this order reads. */
function untransposed(
  makers: Makers,
  value: Value | null | undefined,
  perm: readonly number[],
): Value | undefined {
  const node = made(makers, value, "Transpose");
  return node && sameNumbers(node.attributes.perm as number[], perm)
    ? node.inputs[0]!
    : undefined;
}

/** Takes a factor that is one number off a value. */
function unscaled(makers: Makers, value: Value): [Value, number] {
  const node = made(makers, value, "Mul");
  const side =
    node?.inputs.findIndex((x) => isConstant(x) && sizeOf(x.shape) === 1) ?? -1;
  const factor = node?.inputs[side];
  return isConstant(factor) && factor.shape.length <= value.shape.length
    ? [node!.inputs[1 - side]!, numbersOf(factor)[0]!]
    : [value, 1];
}

/** The attention whose result this transpose brings back in order. */
function attentionOf(
  makers: Makers,
  uses: ReadonlyMap<Value, number>,
  node: Node,
): Attention | undefined {
  const mixed = untransposed(makers, node.outputs[0], BY_HEADS);
  const product = made(makers, mixed, "MatMul");
  const softmax = made(makers, product?.inputs[0], "Softmax");
  const scores = made(makers, softmax?.inputs[0], "MatMul");
  if (!product || !softmax || !scores) return undefined;
  const alone = [mixed!, softmax.outputs[0]!, scores.outputs[0]!]
    .every((value) => uses.get(value) === 1);
  const axis = softmax.attributes.axis as number;
  const isLast = axis === -1 || axis === softmax.outputs[0]!.shape.length - 1;
  if (!alone || !isLast) return undefined;
  const query = untransposed(makers, scores.inputs[0], BY_HEADS);
  const key = untransposed(makers, scores.inputs[1], KEYS);
  const value = untransposed(makers, product.inputs[1], BY_HEADS);
  if (!query || !key || !value) return undefined;
  const [x, scale] = unscaled(makers, query);
  const whole = [x, key, value].every(({ shape }) => shape.length === 4);
  const alike = x.shape[0] === key.shape[0] && x.shape[2] === key.shape[2];
  return whole && alike ? { query: x, key, value, scale } : undefined;
}

function emit(g: Rewriter, { query, key, value, scale }: Attention): Value {
  const heads = query.shape[2]!;
  const rows = (x: Value) => {
    const [batch, count, , width] = x.shape;
    return g.reshape(x, [batch!, count!, heads * width!]);
  };
  const inputs = [query, key, value].map(rows);
  const width = heads * value.shape[3]!;
  const shape = [...inputs[0]!.shape.slice(0, 2), width];
  const attributes = { num_heads: heads, scale: float(scale) };
  const y = g.node(
    "MultiHeadAttention",
    inputs,
    { shape },
    attributes,
    MICROSOFT,
  );
  return g.reshape(y, [...shape.slice(0, 2), heads, value.shape[3]!]);
}

/** Runs the pass. */
export function fuseAttention(graph: Graph, opset: number): Graph {
  const uses = countUses(graph);
  const makers = new Map<Value, Node>();
  return rewrite(graph, opset, (node, g) => {
    for (const output of node.outputs) makers.set(output, node);
    if (node.op !== "Transpose") return undefined;
    const found = attentionOf(makers, uses, node);
    return found && [emit(g, found)];
  });
}
