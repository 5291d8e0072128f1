/**
 * The passes, in the order in which they run.
 * @module
 */
import type { Graph } from "../ir.ts";
import { fuseAttention } from "./attention.ts";
import { foldBatchNorms } from "./batchnorm.ts";
import { dropExpands } from "./broadcast.ts";
import { shareCommon } from "./common.ts";
import { foldConstants } from "./constants.ts";
import { dropDead } from "./dead.ts";
import { removeIdentities } from "./identity.ts";
import { fuseLayerNorms } from "./layernorm.ts";
import { moveTransposes } from "./layout.ts";
import { toHalf } from "./half.ts";
import { toInt8 } from "./int8.ts";
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

/** What is done beside {@link PASSES}. */
export interface Wishes {
  /** What products compute in; float32 by default. */
  readonly precision?: "float32" | "float16" | "int8";
  /** Parts of names of modules that stay float32. */
  readonly keep?: readonly string[];
  /** Also write operators that only ONNX Runtime has; default false. */
  readonly contrib?: boolean;
}

/** The passes that wishes ask for, in order. */
function passesOf({ precision, keep = [], contrib }: Wishes): typeof PASSES {
  return [
    ...PASSES,
    ...contrib ? [["attention", fuseAttention]] as const : [],
    ...precision === "int8" ? [["int8", toInt8(keep)]] as const : [],
    ["identity at last", removeIdentities],
    // Behind what removes casts of nothing.
    ...precision === "float16" ? [["half", toHalf(keep)]] as const : [],
    ["dead at last", dropDead],
  ];
}

/** Runs all passes and reports the graph after each. */
export function optimize(
  graph: Graph,
  opset: number,
  observe: (pass: string, graph: Graph) => void,
  wishes: Wishes = {},
): Graph {
  let current = graph;
  for (const [name, pass] of passesOf(wishes)) {
    current = pass(current, opset);
    observe(name, current);
  }
  return current;
}
