/** Sets of parameters: merging specs, looking tensors up. @module */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Params, ParamSpecs } from "../module.ts";

/** Specs, or a part that carries them. */
export type SpecSource = ParamSpecs | { readonly params: ParamSpecs };

/**
 * One set of specs from those of several parts.
 *
 * @throws {Error} when two parts claim one name.
 */
export function mergeParams(...sources: SpecSource[]): ParamSpecs {
  const merged: Record<string, ParamSpecs[string]> = {};
  for (const source of sources) {
    const specs = isPart(source) ? source.params : source;
    for (const [name, spec] of Object.entries(specs)) {
      if (name in merged) throw new Error(`Two parts claim "${name}"`);
      merged[name] = spec;
    }
  }
  return merged;
}

/** The tensor of a name; its absence is a mistake in the program. */
export function take<T extends Tensor>(params: Params, name: string): T {
  const tensor = params[name];
  if (tensor === undefined) throw new Error(`Parameter "${name}" is missing`);
  return tensor as T;
}

function isPart(
  source: SpecSource,
): source is { readonly params: ParamSpecs } {
  return typeof (source as { forward?: unknown }).forward === "function";
}
