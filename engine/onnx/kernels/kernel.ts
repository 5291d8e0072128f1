/**
 * What a kernel is: one tfjs operation written as ONNX nodes.
 * @module
 */
import type { Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";

/** Values by tfjs' input names; lists (Concat, Pack) by position. */
export type Inputs = Readonly<Record<string, Value>>;

/**
 * Emits one tfjs kernel. Attributes are what tfjs-core passes: entries name
 * the type (`tf.Conv2DAttrs`) where they read them.
 */
export type Kernel = (
  g: Tracer,
  inputs: Inputs,
  // deno-lint-ignore no-explicit-any -- every kernel has its own attributes.
  attributes: any,
) => Value | Value[];

/** Kernels by tfjs name. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** The operands of a kernel that takes a list. */
export function listOf(inputs: Inputs): Value[] {
  return Object.values(inputs);
}

/** A non-negative axis. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
