/** Parts that do not learn. @module */
import type { Module } from "../module.ts";

/** The same part, none of whose parameters trains (requires_grad False). */
export function frozen<Args extends unknown[], Result>(
  part: Module<Args, Result>,
): Module<Args, Result> {
  const params = Object.fromEntries(
    Object.entries(part.params)
      .map(([name, spec]) => [name, { ...spec, trainable: false }]),
  );
  return { ...part, params };
}
