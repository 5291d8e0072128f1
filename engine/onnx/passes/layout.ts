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
import {
  constant,
  type Graph,
  isConstant,
  type Node,
  sameNumbers,
  sizeOf,
  type Value,
} from "../ir.ts";
import { CARRIERS } from "./carry.ts";
import { transposeConstant } from "./constants.ts";
import { Rewriter } from "./rewrite.ts";

/** A value that is `base` with its axes permuted: axis i is base's perm[i]. */
export interface View {
  readonly base: Value;
  readonly perm: readonly number[];
}

/** The permutation that changes nothing. */
export function identity(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

/** The permutation that undoes another. */
export function invert(perm: readonly number[]): number[] {
  return identity(perm.length).map((axis) => perm.indexOf(axis));
}

/** First `inner`, then `outer`. */
export function compose(
  inner: readonly number[],
  outer: readonly number[],
): number[] {
  return outer.map((axis) => inner[axis]);
}

/** Whether a permutation leaves the numbers where they are in memory. */
export function isReshape(
  shape: readonly number[],
  perm: readonly number[],
): boolean {
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > moved[i - 1]);
}

/** Walks a graph with pending transposes. */
export class Layout {
  readonly g: Rewriter;
  #views = new Map<Value, View>();
  #written = new Map<Value, Map<string, Value>>();

  constructor(opset: number) {
    this.g = new Rewriter(opset);
  }

  view(value: Value): View {
    return this.#views.get(value) ??
      { base: value, perm: identity(value.shape.length) };
  }

  set(value: Value, view: View): void {
    this.#views.set(value, view);
  }

  /** A base with its axes permuted now, written once. */
  permute(base: Value, perm: readonly number[]): Value {
    const key = perm.join();
    const known = this.#written.get(base) ?? new Map<string, Value>();
    this.#written.set(base, known);
    if (!known.has(key)) known.set(key, this.#write(base, perm));
    return known.get(key)!;
  }

  #write(base: Value, perm: readonly number[]): Value {
    if (sameNumbers(perm, identity(perm.length))) return base;
    const shape = perm.map((axis) => base.shape[axis]);
    const moves = !isReshape(base.shape, perm);
    if (isConstant(base)) {
      return moves
        ? transposeConstant(base, perm)
        : constant(base.data, shape, base.type, base.name);
    }
    return moves ? this.g.transpose(base, perm) : this.g.reshape(base, shape);
  }

  /** The value in its own order. */
  plain(value: Value): Value {
    const { base, perm } = this.view(value);
    return this.permute(base, perm);
  }

  /** Emits a node whose output waits for a permutation. */
  emit(
    node: Node,
    inputs: readonly (Value | null)[],
    perm: readonly number[],
    attributes: Node["attributes"] = node.attributes,
  ): void {
    const order = invert(perm);
    const outputs = node.outputs.map((output) => {
      const shape = order.map((axis) => output.shape[axis]);
      return { ...output, shape };
    });
    this.g.nodes.push({ ...node, inputs, outputs, attributes });
    node.outputs.forEach((output, i) =>
      this.set(output, { base: outputs[i], perm })
    );
  }
}

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
