/**
 * Training on several processes: what they add up, and what they share.
 *
 * Every process knows the ground truth of the whole global batch, so divisors
 * of the losses, denoising queries and the grid mask are those of the whole
 * without a word; images and memory are of its own streams alone. A process is
 * then no other than a part of a batch (`accumulate`) elsewhere.
 * @module
 */
import type { Ranks, Reducer } from "../../engine/ranks/mod.ts";
import type { Plain } from "../../models/mod.ts";
import type { TrainState } from "./checkpoint.ts";
import { type Attempt, memoryPrefix } from "./parts.ts";

/** Parts of the global batch that a process works on. */
export interface Share {
  /** The first of them. */
  first: number;
  count: number;
  /** Of all processes. */
  total: number;
}

/** The share of a process that works on so many parts of a step. */
export function shareOf(
  { rank, size }: Pick<Ranks, "rank" | "size">,
  count: number,
): Share {
  return { first: rank * count, count, total: size * count };
}

/**
 * Adds up losses and gradients of all processes; where one loss is not finite,
 * none is.
 * @param reducer sums the gradients; what the host has goes by the ranks.
 */
export async function addUp(
  ranks: Ranks,
  reducer: Reducer,
  attempt: Attempt,
): Promise<void> {
  if (ranks.size === 1) return;
  // Who met one that is not finite has stopped there, and lacks what follows.
  if (await ranks.any(!Number.isFinite(attempt.loss))) {
    if (Number.isFinite(attempt.loss)) attempt.loss = NaN;
    return;
  }
  const names = Object.keys(attempt.terms);
  const values = Float32Array.of(
    attempt.loss,
    ...names.map((name) => attempt.terms[name]!),
  );
  await ranks.allReduce(values);
  attempt.loss = values[0]!;
  names.forEach((name, i) => attempt.terms[name] = values[i + 1]!);
  if (!Number.isFinite(attempt.loss)) return;
  const { gradients } = attempt;
  // In one order everywhere, which the names' is.
  const groups = Object.keys(gradients).sort();
  const sums = await reducer.sum(groups.map((name) => gradients[name]!));
  groups.forEach((name, i) => gradients[name] = sums[i]!);
}

/** First values are those of rank 0. */
export async function shareValues(
  ranks: Ranks,
  values: Record<string, Plain>,
): Promise<void> {
  if (ranks.size === 1) return;
  for (const name of Object.keys(values).sort()) {
    const { data, shape } = values[name]!;
    const shared = Float32Array.from(data);
    await ranks.broadcast(shared);
    values[name] = { data: shared, shape };
  }
}

/** A state with the memory of all processes beside the own. */
export async function gatherMemory(
  ranks: Ranks,
  tensors: TrainState["tensors"],
  { first, count, total }: Share,
): Promise<TrainState["tensors"]> {
  if (ranks.size === 1) return tensors;
  const prefix = memoryPrefix(first, total);
  const fields = Object.keys(tensors).sort()
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
  const names = (part: number) =>
    fields.map((field) => `${memoryPrefix(part, total)}${field}`);
  const sizes = names(first).map((name) => tensors[name]!.data.length);
  const each = sizes.reduce((a, b) => a + b, 0);
  const all = new Float32Array(each * total);
  const places = (part: number) => {
    let at = part * each;
    return names(part).map((name, i) => {
      const own = all.subarray(at, at += sizes[i]!);
      return [name, own, names(first)[i]!] as const;
    });
  };
  for (let part = first; part < first + count; part++) {
    for (const [name, place] of places(part)) place.set(tensors[name]!.data);
  }
  await ranks.allReduce(all); // zeros but for the owner's
  const gathered = { ...tensors };
  for (let part = 0; part < total; part++) {
    for (const [name, data, like] of places(part)) {
      gathered[name] = { data, shape: tensors[like]!.shape };
    }
  }
  return gathered;
}

/** A state without the memory of other processes. */
export function withoutOthers(
  tensors: TrainState["tensors"],
  { first, count, total }: Share,
): TrainState["tensors"] {
  const own = Array.from(
    { length: count },
    (_, i) => memoryPrefix(first + i, total),
  );
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) =>
      !name.startsWith("memory.") ||
      own.some((prefix) => name.startsWith(prefix))
    ),
  );
}
