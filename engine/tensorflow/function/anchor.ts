/**
 * Work that could be done at any time, above all what is done again, waits for
 * the first gradient that needs it. Without that a compiler may do all of it at
 * once, and what was not kept would be in memory after all.
 * @module
 */
import type { Address } from "../capi.ts";
import { type Graph, keyOf, type Node, type Output } from "./graph.ts";

/** A late half. */
export interface Late {
  /** In the order of recording. */
  nodes: readonly Node[];
  outputs: readonly Output[];
}

/**
 * Writes a late half anew: what free operations read of the early half goes
 * through barriers.
 *
 * @param lateInputs placeholders; operations that none of them leads to are
 * free.
 * @param kept keys of the values that the early half leaves.
 */
export function anchor(
  graph: Graph,
  { nodes, outputs }: Late,
  lateInputs: readonly Output[],
  kept: ReadonlySet<string>,
): Late {
  const writer = new Writer(graph, kept);
  const bound = boundBy(nodes, lateInputs);
  for (const { node, reader } of ordered(nodes, bound)) {
    const after = reader?.inputs.find(({ op }) => bound.has(op));
    writer.write(node, after);
  }
  return { nodes: writer.nodes, outputs: outputs.map((o) => writer.now(o)) };
}

/** Late inputs and all that depends on them. */
function boundBy(
  nodes: readonly Node[],
  lateInputs: readonly Output[],
): Set<Address> {
  const bound = new Set(lateInputs.map(({ op }) => op));
  for (const { op, inputs } of nodes) {
    if (inputs.some((input) => bound.has(input.op))) bound.add(op);
  }
  return bound;
}

/** An operation; the first bound one that needs it, if it is free. */
interface Step {
  node: Node;
  reader: Node | null;
}

/**
 * Each free operation just before its reader. What the reader reads besides is
 * there by then, and nothing that led to that needed the operation.
 */
function ordered(
  nodes: readonly Node[],
  bound: ReadonlySet<Address>,
): Step[] {
  const reader = new Map<Address, number>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { op, inputs } = nodes[i]!;
    const place = bound.has(op) ? i : reader.get(op) ?? i;
    for (const input of inputs) {
      if (bound.has(input.op)) continue;
      reader.set(input.op, Math.min(place, reader.get(input.op) ?? place));
    }
  }
  const before: Step[][] = nodes.map(() => []);
  nodes.forEach((node, i) => {
    const first = bound.has(node.op) ? undefined : reader.get(node.op);
    if (first === undefined) before[i]!.push({ node, reader: null });
    else before[first]!.push({ node, reader: nodes[first]! });
  });
  return before.flat();
}

/** Writes operations with other inputs. */
class Writer {
  readonly nodes: Node[] = [];
  readonly #graph: Graph;
  readonly #kept: ReadonlySet<string>;
  /** New outputs by the old ones' keys. */
  readonly #written = new Map<string, Output>();
  /** Kept values behind their barriers. */
  readonly #awaited = new Map<string, Output>();

  constructor(graph: Graph, kept: ReadonlySet<string>) {
    this.#graph = graph;
    this.#kept = kept;
  }

  /** What an output has become. */
  now(output: Output): Output {
    return this.#written.get(keyOf(output)) ?? output;
  }

  /** @param after what kept values wait for, if they do. */
  write(node: Node, after: Output | undefined): void {
    const inputs = node.inputs.map((input) =>
      after && this.#kept.has(keyOf(input))
        ? this.#await(input, after)
        : this.now(input)
    );
    if (inputs.every((input, i) => input === node.inputs[i])) {
      this.nodes.push(node);
      return;
    }
    const { op, kind, attributes, bytes } = node;
    const made = this.#graph.node(kind, attributes, inputs, bytes.length);
    this.nodes.push(this.#graph.nodes.at(-1)!);
    made.forEach(({ output }, index) =>
      this.#written.set(keyOf({ op, index }), output)
    );
  }

  #await(value: Output, after: Output): Output {
    const key = keyOf(value);
    let found = this.#awaited.get(key);
    if (!found) {
      found = this.#graph.barrier([value, this.now(after)])[0]!;
      this.nodes.push(this.#graph.nodes.at(-1)!);
      this.#awaited.set(key, found);
    }
    return found;
  }
}
