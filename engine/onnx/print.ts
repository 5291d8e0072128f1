/**
 * Prints a graph for people, one operation a line.
 * @module
 */
import type { Attribute, Graph, Node, Value } from "./ir.ts";
import { numbersOf } from "./ir.ts";

/** Constants of at most so many numbers are shown with them. */
const SHORT = 6;

/**
 * Writes a graph as text, such as
 * `%y float32[1,8] = MatMul(%x, fc.weight float32[4,8])  # fc`.
 */
export function printGraph(graph: Graph): string {
  const lines = graph.inputs.map((value) => `input  ${define(value)}`);
  lines.push(...graph.nodes.map(printNode));
  lines.push(
    ...graph.outputs.map(({ name, value }) => `output ${name} = ${use(value)}`),
  );
  return lines.join("\n") + "\n";
}

function printNode(node: Node): string {
  const outputs = node.outputs.map(define).join(", ");
  const inputs = node.inputs.map((value) => value ? use(value) : "-");
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}=${printAttribute(value)}`);
  const scope = node.scope ? `  # ${node.scope}` : "";
  return `${outputs} = ${node.op}(${inputs.join(", ")})` +
    `${attributes.join("")}${scope}`;
}

function define({ name, type, shape }: Value): string {
  return `%${name} ${type}[${shape}]`;
}

function use(value: Value): string {
  if (!value.data) return `%${value.name}`;
  if (value.data.length > SHORT) {
    return `${value.name} ${value.type}[${value.shape}]`;
  }
  const numbers = numbersOf({ ...value, data: value.data });
  return value.shape.length === 0 ? `${numbers[0]}` : `[${numbers}]`;
}

function printAttribute(value: Attribute): string {
  if (typeof value === "object" && "float" in value) return `${value.float}`;
  return JSON.stringify(value);
}
