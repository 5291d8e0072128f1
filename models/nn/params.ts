/** Looking parameters up. @module */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Params } from "../module.ts";

/** The tensor of a name; its absence is a mistake in the program. */
export function take<T extends Tensor>(params: Params, name: string): T {
  const tensor = params[name];
  if (tensor === undefined) throw new Error(`Parameter "${name}" is missing`);
  return tensor as T;
}
