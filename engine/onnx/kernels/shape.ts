/**
 * Kernels that move numbers without changing them: shapes, joins, padding.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { constant, dataOf, sizeOf, type Value } from "../ir.ts";
import { elementOf, type Tracer } from "../tracer.ts";
import { axisOf, type Inputs, type Kernels, listOf } from "./kernel.ts";

function concat(g: Tracer, parts: Value[], axis: number): Value {
  const filled = parts.filter((part) => sizeOf(part.shape) > 0);
  if (filled.length <= 1) return filled[0] ?? parts[0];
  const shape = [...filled[0].shape];
  shape[axis] = filled.reduce((sum, part) => sum + part.shape[axis], 0);
  return g.node("Concat", filled, { shape, type: filled[0].type }, { axis });
}

function insertAxis(shape: readonly number[], axis: number): number[] {
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
}

function pack(g: Tracer, inputs: Inputs, axis: number): Value {
  const at = axisOf(axis, listOf(inputs)[0].shape.length + 1);
  const parts = listOf(inputs)
    .map((part) => g.reshape(part, insertAxis(part.shape, at)));
  return concat(g, parts, at);
}

function split(g: Tracer, x: Value, sizes: number[], axis: number): Value[] {
  if (sizes.length === 1) return [x];
  const results = sizes.map((size) => ({
    shape: x.shape.map((n, i) => i === axis ? size : n),
    type: x.type,
  }));
  return g.split("Split", [x, g.ints(sizes)], results, { axis });
}

function unpack(g: Tracer, x: Value, axis: number): Value[] {
  const at = axisOf(axis, x.shape.length);
  const shape = x.shape.filter((_, i) => i !== at);
  const parts = split(g, x, Array(x.shape[at]).fill(1), at);
  return parts.map((part) => g.reshape(part, shape));
}

/** Repetition; where only axes of length 1 repeat it is a broadcast. */
function tile(g: Tracer, x: Value, reps: readonly number[]): Value {
  const shape = x.shape.map((n, axis) => n * reps[axis]);
  const widens = x.shape.every((n, axis) => n === 1 || reps[axis] === 1);
  if (widens) return g.expand(x, shape);
  return g.node("Tile", [x, g.ints(reps)], { shape, type: x.type });
}

type Paddings = readonly (readonly [number, number])[];

function pad(g: Tracer, x: Value, paddings: Paddings, fill: number): Value {
  const shape = x.shape.map((n, i) => n + paddings[i][0] + paddings[i][1]);
  const pads = g.ints([0, 1].flatMap((end) => paddings.map((p) => p[end])));
  const inputs = [x, pads, g.scalar(fill, x.type)];
  return g.node("Pad", inputs, { shape, type: x.type }, { mode: "constant" });
}

function mirrorPad(g: Tracer, x: Value, attrs: tf.MirrorPadAttrs): Value {
  if (attrs.mode !== "reflect") {
    throw new Error('mode "symmetric" has no ONNX form, expected "reflect"');
  }
  const { paddings } = attrs;
  const shape = x.shape.map((n, i) => n + paddings[i][0] + paddings[i][1]);
  const pads = g.ints([0, 1].flatMap((end) => paddings.map((p) => p[end])));
  const result = { shape, type: x.type };
  return g.node("Pad", [x, pads], result, { mode: "reflect" });
}

function filled(value: number, x: Value): Value {
  const data = dataOf(x.type, Array(sizeOf(x.shape)).fill(value));
  return constant(data, x.shape, x.type);
}

/** Shape kernels. */
export const shapes: Kernels = {
  Reshape: (g, { x }, { shape }: tf.ReshapeAttrs) =>
    g.reshape(x, tf.util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ExpandDims: (g, { input }, { dim }: tf.ExpandDimsAttrs) =>
    g.reshape(
      input,
      insertAxis(input.shape, axisOf(dim, input.shape.length + 1)),
    ),
  Transpose: (g, { x }, { perm }: tf.TransposeAttrs) => g.transpose(x, perm),
  Concat: (g, inputs, { axis }: tf.ConcatAttrs) =>
    concat(g, listOf(inputs), axisOf(axis, inputs[0].shape.length)),
  Pack: (g, inputs, { axis }: tf.PackAttrs) => pack(g, inputs, axis),
  Unpack: (g, { value }, { axis }: tf.UnpackAttrs) => unpack(g, value, axis),
  SplitV: (g, { x }, { numOrSizeSplits, axis }: tf.SplitVAttrs) => {
    const at = axisOf(axis, x.shape.length);
    const like = { shape: [...x.shape] } as tf.Tensor;
    const sizes = tf.backend_util.prepareSplitSize(like, numOrSizeSplits, at);
    return split(g, x, sizes, at);
  },
  Tile: (g, { x }, { reps }: tf.TileAttrs) => tile(g, x, reps),
  BroadcastTo: (g, { x }, { shape }: tf.BroadCastToAttrs) => g.expand(x, shape),
  PadV2: (g, { x }, attrs: tf.PadV2Attrs) =>
    pad(g, x, attrs.paddings, attrs.constantValue),
  MirrorPad: (g, { x }, attrs: tf.MirrorPadAttrs) => mirrorPad(g, x, attrs),
  ZerosLike: (_, { x }) => filled(0, x),
  OnesLike: (_, { x }) => filled(1, x),
  OneHot: (g, { indices }, attrs: tf.OneHotAttrs) => {
    const type = elementOf(attrs.dtype ?? "float32");
    const classes = dataOf(
      "int32",
      Array.from({ length: attrs.depth }, (_, i) => i),
    );
    const column = g.reshape(indices, [...indices.shape, 1]);
    const each = constant(classes, [attrs.depth], "int32");
    const hit = g.map("Equal", [column, each], "bool");
    const values = [attrs.onValue, attrs.offValue].map((n) => g.scalar(n));
    return g.cast(g.map("Where", [hit, ...values], "float32"), type);
  },
};
