/**
 * Work that is done again waits for the first value that needs it. Without
 * that a compiler may do all of it at once, and what was not kept would be in
 * memory after all.
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
 * Writes a late half anew: what operations that are done again read of the
 * early half goes through barriers.
 *
 * @param repeated operations that the early half has, too.
 * @param kept keys of the values that the early half leaves.
 */
export function anchor(
  graph: Graph,
  { nodes, outputs }: Late,
  repeated: ReadonlySet<Address>,
  kept: ReadonlySet<string>,
): Late {
  const writer = new Writer(graph, kept);
  const own = new Set(nodes.map(({ op }) => op));
  for (const { node, reader } of ordered(nodes, repeated)) {
    const after = reader?.inputs.find(({ op }) =>
      own.has(op) && !repeated.has(op)
    );
    writer.write(node, after);
  }
  return { nodes: writer.nodes, outputs: outputs.map((o) => writer.now(o)) };
}

/** An operation; who is first to read what it leads to, if it is repeated. */
interface Step {
  node: Node;
  reader: Node | null;
}

/**
 * Each repeated operation just before its reader. What the reader reads
 * besides is there by then, and nothing that led to that read the operation.
 */
function ordered(
  nodes: readonly Node[],
  repeated: ReadonlySet<Address>,
): Step[] {
  const reader = new Map<Address, number>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { op, inputs } = nodes[i]!;
    const place = repeated.has(op) ? reader.get(op)! : i;
    for (const input of inputs) {
      if (!repeated.has(input.op)) continue;
      reader.set(input.op, Math.min(place, reader.get(input.op) ?? place));
    }
  }
  const before: Step[][] = nodes.map(() => []);
  nodes.forEach((node, i) => {
    const first = reader.get(node.op);
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
