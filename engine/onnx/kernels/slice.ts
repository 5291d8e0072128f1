/**
 * Slices and reversal.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import { axisOf, type Kernels } from "./kernel.ts";

/** Before the first element, which -1 would not mean to ONNX. */
const BEFORE_START = -(2 ** 31);

function slice(g: Tracer, x: Value, attrs: tf.SliceAttrs): Value {
  const like = { shape: [...x.shape], rank: x.shape.length };
  const [begin, size] = tf.slice_util.parseSliceParams(
    like as unknown as tf.TensorInfo,
    attrs.begin,
    attrs.size,
  );
  tf.slice_util.assertParamsValid(
    like as unknown as tf.TensorInfo,
    begin,
    size,
  );
  const ends = begin.map((start, axis) => start + size[axis]);
  return g.slice(x, begin, ends, begin.map(() => 1), size);
}

function stridedSlice(g: Tracer, x: Value, a: tf.StridedSliceAttrs): Value {
  const plan = tf.slice_util.sliceInfo(
    [...x.shape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  const ends = plan.end.map((end, axis) =>
    plan.strides[axis] < 0 && end < 0 ? BEFORE_START : end
  );
  const shape = tf.slice_util.computeOutShape(
    plan.begin,
    plan.end,
    plan.strides,
  );
  const sliced = g.slice(x, plan.begin, ends, plan.strides, shape);
  return g.reshape(sliced, plan.finalShape);
}

function reverse(g: Tracer, x: Value, dims: number | number[]): Value {
  const axes = [dims].flat().map((axis) => axisOf(axis, x.shape.length));
  const pick = <T>(yes: T, no: (axis: number) => T) =>
    x.shape.map((_, axis) => axes.includes(axis) ? yes : no(axis));
  const starts = pick(-1, () => 0);
  const ends = pick(BEFORE_START, (axis) => x.shape[axis]);
  return g.slice(x, starts, ends, pick(-1, () => 1), x.shape);
}

/** Slicing kernels. */
export const slices: Kernels = {
  Slice: (g, { x }, attrs: tf.SliceAttrs) => slice(g, x, attrs),
  StridedSlice: (g, { x }, attrs: tf.StridedSliceAttrs) =>
    stridedSlice(g, x, attrs),
  Reverse: (g, { x }, { dims }: tf.ReverseAttrs) => reverse(g, x, dims),
};
