/**
 * The graph checker: finds a broken graph before a runtime does, and says
 * where it came from.
 * @module
 */
import type { Graph, Node, Value } from "./ir.ts";
import { sameNumbers, sizeOf } from "./ir.ts";
import { RULES } from "./rules.ts";

/** What is wrong with a graph. */
export class GraphError extends Error {
  /** For messages and logs. */
  override readonly name = "GraphError";
}

/**
 * Checks that every input is defined before use, that shapes and types agree,
 * that every value and node is made once, and that the outputs exist.
 *
 * @param when The pass that has just run, for the message.
 * @param named Also require unique, non-empty names (after the naming pass).
 * @throws GraphError that lists every fault with its node and scope.
 */
export function checkGraph(graph: Graph, when = "tracing", named = true): void {
  const faults: string[] = [];
  const defined = new Set<Value>();
  const names = new Names(faults, named);
  for (const input of graph.inputs) {
    defined.add(input);
    names.take(input.name, "input");
  }
  const seen = (value: Value, where: string) => {
    if (value.data && !defined.has(value)) {
      checkConstant(value, where, faults);
      names.take(value.name, `constant of ${where}`);
      defined.add(value);
    }
    if (defined.has(value)) return;
    faults.push(`${where} reads ${show(value)}, which no node makes before it`);
  };
  for (const node of graph.nodes) {
    const where = place(node);
    names.take(node.name, where, "node");
    for (const input of node.inputs) if (input) seen(input, where);
    faults.push(...checkNode(node).map((fault) => `${where} ${fault}`));
    for (const output of node.outputs) {
      if (defined.has(output)) faults.push(`${where} makes a value twice`);
      defined.add(output);
      names.take(output.name, `output of ${where}`);
    }
  }
  for (const { name, value } of graph.outputs) {
    seen(value, `the graph's output "${name}"`);
  }
  if (faults.length === 0) return;
  throw new GraphError(
    `The ONNX graph is broken after ${when}:\n  ${faults.join("\n  ")}`,
  );
}

/** Describes a node for messages: name, operator and scope. */
export function place(node: Node): string {
  return `${node.op} "${node.name}"${node.scope ? ` in ${node.scope}` : ""}`;
}

/** Describes a value for messages, such as `x float32[1,3]`. */
export function show(value: Value): string {
  return `"${value.name}" ${value.type}[${value.shape}]`;
}

class Names {
  #taken = new Map<string, string>();
  constructor(readonly faults: string[], readonly active: boolean) {}
  take(name: string, where: string, kind = "value"): void {
    if (!this.active) return;
    const key = `${kind} ${name}`;
    if (!name) this.faults.push(`${where} has no name`);
    else if (this.#taken.has(key)) {
      const other = this.#taken.get(key);
      this.faults.push(`${where} is named "${name}", as is ${other}`);
    }
    this.#taken.set(key, where);
  }
}

function checkConstant(value: Value, where: string, faults: string[]): void {
  const size = sizeOf(value.shape);
  if (value.data!.length === size) return;
  faults.push(
    `${where} reads the constant ${show(value)} of ${value.data!.length} ` +
      `numbers, expected ${size}`,
  );
}

function checkNode(node: Node): string[] {
  const rule = RULES[node.op];
  if (!rule) return [];
  let expected;
  try {
    expected = rule(node);
  } catch (error) {
    return [`is invalid: ${(error as Error).message}`];
  }
  return node.outputs.flatMap((output, i) => {
    const { shape, type } = expected[i] ?? {};
    const faults = [];
    if (shape && !sameNumbers(output.shape, shape)) {
      faults.push(`yields shape [${output.shape}], expected [${shape}]`);
    }
    if (type && output.type !== type) {
      faults.push(`yields type ${output.type}, expected ${type}`);
    }
    return faults;
  });
}
