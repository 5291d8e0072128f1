/**
 * Pass: half. Convolutions, matrix products and what lies between them
 * compute in float16; inputs and outputs of the graph stay float32.
 * @module
 */
import {
  constant,
  type Graph,
  isConstant,
  type Node,
  type Value,
} from "../ir.ts";
import { isKept } from "./keep.ts";
import { Rewriter } from "./rewrite.ts";

/** Where float16 saves time: a node of these is always made half. */
const SEEDS = new Set(["Conv", "MatMul", "MultiHeadAttention"]);
/** Made half where an operand already is. */
const FLOWING = new Set(
  ("Relu Sigmoid Erf Tanh Add Sub Mul MaxPool AveragePool Resize Reshape " +
    "Transpose Concat Split Slice Gather Softmax LayerNormalization Expand " +
    "Tile Pad Identity").split(" "),
);
/** The largest finite float16. */
const LARGEST = 65504;

/** The pass, which leaves modules of these names in float32. */
export function toHalf(keep: readonly string[]) {
  return (graph: Graph, opset: number): Graph =>
    new Halving(opset, keep).run(graph);
}

class Halving {
  #g: Rewriter;
  /** What became of float32 values, by the type that a reader wants. */
  #float16 = new Map<Value, Value>();
  #float32 = new Map<Value, Value>();
  /** Values that nodes make in float16; others are there in float32. */
  #made = new Set<Value>();

  constructor(opset: number, readonly keep: readonly string[]) {
    this.#g = new Rewriter(opset);
  }

  run(graph: Graph): Graph {
    for (const node of graph.nodes) {
      this.#g.enter(node);
      if (this.#becomesHalf(node)) this.#halve(node);
      else this.#keepNode(node);
    }
    const outputs = graph.outputs
      .map(({ name, value }) => ({ name, value: this.#full(value) }));
    return { inputs: graph.inputs, outputs, nodes: this.#g.nodes };
  }

  #becomesHalf(node: Node): boolean {
    const { op, inputs, outputs } = node;
    if (outputs.some(({ type }) => type !== "float32")) return false;
    if (isKept(node, this.keep) || inputs.some(isTooLarge)) return false;
    if (SEEDS.has(op)) return true;
    return FLOWING.has(op) &&
      inputs.some((value) => value && this.#isHalf(value));
  }

  #isHalf(value: Value): boolean {
    const half = this.#float16.get(value);
    return half !== undefined && this.#made.has(half);
  }

  #halve(node: Node): void {
    // A Resize reads its scales as float32.
    const count = node.op === "Resize" ? 1 : node.inputs.length;
    const inputs = node.inputs
      .map((value, i) => value && i < count ? this.#half(value) : value);
    const outputs = node.outputs.map((old) => {
      const value: Value = { ...old, type: "float16" };
      this.#float16.set(old, value);
      this.#made.add(value);
      return value;
    });
    this.#g.nodes.push({ ...node, inputs, outputs });
  }

  #keepNode(node: Node): void {
    const inputs = node.inputs.map((value) => value && this.#full(value));
    this.#g.nodes.push({ ...node, inputs });
  }

  /** The value as float16; other types as they are. */
  #half(value: Value): Value {
    if (value.type !== "float32") return value;
    return cached(this.#float16, value, () =>
      isConstant(value)
        ? constant(
          Float16Array.from(value.data as Float32Array),
          value.shape,
          "float16",
          value.name,
        )
        : this.#g.cast(value, "float16"));
  }

  /** The value as a float32 node reads it. */
  #full(value: Value): Value {
    if (!this.#isHalf(value)) return value;
    const half = this.#float16.get(value)!;
    return cached(this.#float32, value, () => this.#g.cast(half, "float32"));
  }
}

function isTooLarge(value: Value | null): boolean {
  return isConstant(value) && value.type === "float32" &&
    (value.data as Float32Array).some((n) => Math.abs(n) > LARGEST);
}

function cached(
  map: Map<Value, Value>,
  key: Value,
  make: () => Value,
): Value {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}
