/**
 * The passes, in the order in which they run.
 * @module
 */
import type { Graph } from "../ir.ts";
import type { Pass } from "./rewrite.ts";

/** All passes by name, in order. */
export const PASSES: readonly (readonly [string, Pass])[] = [];

/** Runs all passes and reports the graph after each. */
export function optimize(
  graph: Graph,
  opset: number,
  observe: (pass: string, graph: Graph) => void,
): Graph {
  let current = graph;
  for (const [name, pass] of PASSES) {
    current = pass(current, opset);
    observe(name, current);
  }
  return current;
}
