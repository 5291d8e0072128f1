/**
 * Values with pending permutations, and the permutations themselves: what the
 * layout pass walks a graph with.
 * @module
 */
import {
  constant,
  isConstant,
  type Node,
  sameNumbers,
  type Value,
} from "../ir.ts";
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
