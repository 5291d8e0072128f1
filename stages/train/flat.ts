/**
 * Trained parameters as a few long vectors, one for each pair of learning
 * rate and decay factor: the optimizer is then some twenty operations instead
 * of some thousands, which on a CPU cost more than the arithmetic.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../../models/mod.ts";

/** Parameters that share a vector, in its order. */
export interface Group {
  /** Name of the vector. */
  key: string;
  /** Factors of the learning rate and of the decay. */
  lr: number;
  decay: number;
  names: string[];
  shapes: number[][];
  sizes: number[];
  /** [length] factor of each number's update, or null: all 1. */
  mask: Float32Array | null;
}

/** What is to be known of a trained parameter. */
export interface Trained {
  name: string;
  /** In memory layout. */
  shape: readonly number[];
  lr: number;
  decay: number;
  /** Factor per row of the first axis, or null: all 1. */
  rows: number[] | null;
}

/** Puts parameters with the same factors together. */
export function groupsOf(parameters: readonly Trained[]): Group[] {
  const groups = new Map<string, Trained[]>();
  for (const parameter of parameters) {
    const key = `${parameter.lr}/${parameter.decay}`;
    groups.set(key, [...groups.get(key) ?? [], parameter]);
  }
  return [...groups.values()].map((members, i) => ({
    key: `group${i}`,
    lr: members[0]!.lr,
    decay: members[0]!.decay,
    names: members.map(({ name }) => name),
    shapes: members.map(({ shape }) => [...shape]),
    sizes: members.map(({ shape }) => sizeOf(shape)),
    mask: maskOf(members),
  }));
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function maskOf(members: readonly Trained[]): Float32Array | null {
  if (members.every(({ rows }) => rows === null)) return null;
  const parts = members.map(({ shape, rows }) => {
    const part = new Float32Array(sizeOf(shape)).fill(1);
    const width = part.length / (shape[0] ?? 1);
    rows?.forEach((factor, row) =>
      part.fill(factor, row * width, (row + 1) * width)
    );
    return part;
  });
  return join(parts);
}

/** Arrays one after the other. */
export function join(parts: readonly Float32Array[]): Float32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The parameters of a vector, by name (in the graph). */
export function split(
  { names, shapes, sizes }: Group,
  flat: tf.Tensor,
): Tensors {
  const parts = tf.split(flat, sizes);
  return Object.fromEntries(
    names.map((name, i) => [name, tf.reshape(parts[i]!, shapes[i]!)]),
  );
}

/** One vector of the parameters' gradients (in the graph). */
export function concat({ names }: Group, tensors: Tensors): tf.Tensor {
  return tf.concat(names.map((name) => tf.reshape(tensors[name]!, [-1])));
}

/** The numbers of each parameter, by name (on the host). */
export function* unpack(
  { names, shapes, sizes }: Group,
  flat: Float32Array,
): Generator<[string, { data: Float32Array; shape: number[] }]> {
  let at = 0;
  for (const [i, name] of names.entries()) {
    const data = flat.slice(at, at += sizes[i]!);
    yield [name, { data, shape: shapes[i]! }];
  }
}
