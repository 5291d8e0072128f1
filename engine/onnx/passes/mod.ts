/**
 * The passes, in the order in which they run.
 * @module
 */
import type { Graph } from "../ir.ts";
import { foldBatchNorms } from "./batchnorm.ts";
import { dropExpands } from "./broadcast.ts";
import { shareCommon } from "./common.ts";
import { foldConstants } from "./constants.ts";
import { dropDead } from "./dead.ts";
import { removeIdentities } from "./identity.ts";
import { fuseLayerNorms } from "./layernorm.ts";
import { moveTransposes } from "./layout.ts";
import type { Pass } from "./rewrite.ts";
import { recogniseUpsampling } from "./upsample.ts";

/** All passes by name, in order. */
export const PASSES: readonly (readonly [string, Pass])[] = [
  ["constants", foldConstants],
  ["identity", removeIdentities],
  ["common", shareCommon],
  ["upsample", recogniseUpsampling],
  ["broadcast", dropExpands],
  ["layernorm", fuseLayerNorms],
  ["layout", moveTransposes],
  ["batchnorm", foldBatchNorms],
  ["identity again", removeIdentities],
  ["common again", shareCommon],
  ["dead", dropDead],
];

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
