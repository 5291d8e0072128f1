/**
 * The state of training between device and host: on the device, trained
 * parameters are vectors; in a checkpoint they have their names.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  memoryShapes,
  type Plain,
  type Tensors,
  type TrainStep,
} from "../../models/mod.ts";
import type { HostArray, TrainState } from "./checkpoint.ts";
import { type Group, join, unpack } from "./flat.ts";
import { memoryPrefix } from "./parts.ts";
import type { TrainSettings } from "./settings.ts";
import type { Share } from "./together.ts";

/** Kinds of vectors that a group of parameters has; the last with EMA only. */
export const KINDS = ["weight", "mean", "variance", "average"] as const;

/** Those of the settings. */
export function kindsOf({ ema }: Pick<TrainSettings, "ema">): string[] {
  return KINDS.filter((kind) => kind !== "average" || ema !== null);
}

/** What is exported of a parameter: its average, or what trains. */
export function exportedOf(
  tensors: TrainState["tensors"],
  { ema }: Pick<TrainSettings, "ema">,
  name: string,
): HostArray {
  const average = tensors[`average.${name}`];
  return (ema?.export === "average" && average) || tensors[`weight.${name}`]!;
}

/**
 * What a run starts with: no moments, averages that equal the weights and
 * running statistics, an empty memory for each own part of a batch.
 */
export function firstState(
  step: TrainStep,
  groups: readonly Group[],
  values: Record<string, Plain>,
  { ema }: TrainSettings,
  share: Share,
): Tensors {
  const arrays: TrainState["tensors"] = {};
  for (const [name, { data, shape }] of Object.entries(values)) {
    arrays[`weight.${name}`] = { data, shape: [...shape] };
    if (ema && step.params[name]!.buffer) {
      arrays[`average.${name}`] = { data, shape: [...shape] };
    }
  }
  for (const name of groups.flatMap(({ names }) => names)) {
    if (ema) arrays[`average.${name}`] = arrays[`weight.${name}`]!;
    const { shape, data } = values[name]!;
    const zeros = { data: new Float32Array(data.length), shape: [...shape] };
    arrays[`mean.${name}`] = arrays[`variance.${name}`] = zeros;
  }
  const shapes = memoryShapes(step.config.head, step.config.batch);
  for (let part = share.first; part < share.first + share.count; part++) {
    for (const [field, shape] of Object.entries(shapes)) {
      const size = shape.reduce((a, b) => a * b, 1);
      arrays[`${memoryPrefix(part, share.total)}${field}`] = {
        data: new Float32Array(size),
        shape,
      };
    }
  }
  return stateOf(arrays, groups);
}

/** Arrays by parameter to tensors on the device, groups as vectors. */
export function stateOf(
  arrays: TrainState["tensors"],
  groups: readonly Group[],
): Tensors {
  const state: Tensors = {};
  const grouped = new Set<string>();
  for (const { key, names } of groups) {
    for (const kind of KINDS) {
      const parts = names.map((name) => `${kind}.${name}`);
      if (!(parts[0]! in arrays)) continue;
      parts.forEach((name) => grouped.add(name));
      const flat = join(
        parts.map((name) => arrays[name]!.data as Float32Array),
      );
      state[`${kind}.${key}`] = tf.tensor1d(flat);
    }
  }
  for (const [name, { data, shape }] of Object.entries(arrays)) {
    if (grouped.has(name)) continue;
    state[name] = tf.tensor(data as Float32Array, shape);
  }
  return state;
}

/** The opposite of {@link stateOf}. */
export function readState(
  state: Tensors,
  groups: readonly Group[],
): TrainState["tensors"] {
  const arrays: TrainState["tensors"] = {};
  const vectors = new Set<string>();
  for (const group of groups) {
    for (const kind of KINDS) {
      const name = `${kind}.${group.key}`;
      if (!(name in state)) continue;
      vectors.add(name);
      const flat = state[name]!.dataSync() as Float32Array;
      for (const [parameter, array] of unpack(group, flat)) {
        arrays[`${kind}.${parameter}`] = array;
      }
    }
  }
  for (const [name, tensor] of Object.entries(state)) {
    if (vectors.has(name)) continue;
    const data = tensor.dataSync() as Float32Array;
    arrays[name] = { data, shape: [...tensor.shape] };
  }
  return arrays;
}
