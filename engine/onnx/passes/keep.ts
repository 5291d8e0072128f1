/**
 * Which nodes the passes of smaller numbers leave in float32.
 * @module
 */
import { isConstant, type Node } from "../ir.ts";

/** Whether a node belongs to a module that one of the parts names. */
export function isKept(node: Node, parts: readonly string[]): boolean {
  const names = node.inputs.filter(isConstant).map(({ name }) => name);
  return [node.scope, ...names]
    .some((name) => parts.some((part) => name.includes(part)));
}
