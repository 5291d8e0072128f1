/** @module Collecting the parameters of parts. */
import type { ParamSpecs } from "../module.ts";

/**
 * All specs of several parts.
 * @throws {Error} if two parts claim the same name.
 */
export function mergeParams(
  ...parts: readonly (ParamSpecs | { params: ParamSpecs })[]
): ParamSpecs {
  const all: Record<string, ParamSpecs[string]> = {};
  for (const part of parts) {
    const specs = isModule(part) ? part.params : part;
    for (const [name, spec] of Object.entries(specs)) {
      if (name in all) {
        throw new Error(`Two parts claim the parameter "${name}"`);
      }
      all[name] = spec;
    }
  }
  return all;
}

function isModule(
  part: ParamSpecs | { params: ParamSpecs },
): part is { params: ParamSpecs } {
  // A spec always has a shape, a record of specs never does.
  return "params" in part && !("shape" in part.params);
}
