/**
 * Which tensor of a step that went wrong was not finite first, in the order
 * in which the numbers flow: batch, weights, predictions, loss terms,
 * gradients, new weights. Reads values as they are: nan_to_num, which hides
 * them from the memory and the matching as in the reference, comes later.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Arrays, Tensors } from "../../models/mod.ts";
import { type Group, unpack } from "./flat.ts";
import { KINDS } from "./state.ts";

/** What there is to look at, as far as the step got. */
export interface Evidence {
  /** Arrays of the batch. */
  batch: Arrays;
  /** The state before the step. */
  state: Tensors;
  groups: readonly Group[];
  /** What the host read of the forward pass. */
  predictions: Record<string, Float32Array>;
  terms: Record<string, number>;
  /** By `gradient.<group>`. */
  gradients?: Tensors | null;
  /** The state after the step, by `weight.<group>`. */
  next?: Tensors | null;
}

/** The first tensor that is not finite, in words; null if all are. */
export function firstNonFinite(evidence: Evidence): string | null {
  const { batch, state, groups, predictions, terms } = evidence;
  return among("input", batch) ??
    amongState(state, groups) ??
    among("prediction", predictions) ??
    amongTerms(terms) ??
    amongGroups("gradient", "gradient", evidence.gradients, groups) ??
    amongGroups("weight", "updated weight", evidence.next, groups) ??
    amongGroups("gradient", "gradient", evidence.gradients, groups, largest) ??
    amongGroups("weight", "updated weight", evidence.next, groups, largest);
}

/** Above it, the square of a number is more than float32 holds. */
const SQUARE_LIMIT = 1.8e19;

/** The first number whose square is not finite, though it is itself. */
function largest(data: Float32Array): string | null {
  const index = data.findIndex((x) => Math.abs(x) > SQUARE_LIMIT);
  return index < 0 ? null : `${data[index]} at ${index}, whose square is`;
}

/** The first host array that is not finite, in words; null if all are. */
export function nonFiniteAmong(
  arrays: Record<string, { data: ArrayLike<number> }>,
): string | null {
  for (const [name, { data }] of Object.entries(arrays)) {
    const found = describe(data);
    if (found) return `${name.replace(".", " ")} (${found})`;
  }
  return null;
}

function among(
  kind: string,
  arrays: Record<string, ArrayLike<number>>,
): string | null {
  for (const [name, data] of Object.entries(arrays)) {
    const found = describe(data);
    if (found) return `${kind} ${name} (${found})`;
  }
  return null;
}

function amongState(state: Tensors, groups: readonly Group[]): string | null {
  const vectors = new Set(groups.map(({ key }) => key));
  for (const kind of KINDS) {
    const found = amongGroups(kind, kind, state, groups);
    if (found) return found;
  }
  for (const [name, tensor] of Object.entries(state)) {
    if (vectors.has(name.slice(name.indexOf(".") + 1))) continue;
    const found = describe(values(tensor));
    if (found) return `${name.replace(".", " ")} (${found})`;
  }
  return null;
}

function amongTerms(terms: Record<string, number>): string | null {
  const found = Object.entries(terms).find(([, x]) => !Number.isFinite(x));
  return found ? `loss term ${found[0]} (${found[1]})` : null;
}

function amongGroups(
  prefix: string,
  kind: string,
  tensors: Tensors | null | undefined,
  groups: readonly Group[],
  look: (data: Float32Array) => string | null = describe,
): string | null {
  for (const group of groups) {
    const tensor = tensors?.[`${prefix}.${group.key}`];
    if (!tensor) continue;
    for (const [name, { data }] of unpack(group, values(tensor))) {
      const found = look(data);
      if (found) return `${kind} ${name} (${found})`;
    }
  }
  return null;
}

function values(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync() as Float32Array;
}

/** Such as `NaN at 17, 3 of 64 numbers`; null where all are finite. */
function describe(data: ArrayLike<number>): string | null {
  let first = -1;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    if (count++ === 0) first = i;
  }
  if (count === 0) return null;
  return `${data[first]} at ${first}, ${count} of ${data.length} numbers`;
}
