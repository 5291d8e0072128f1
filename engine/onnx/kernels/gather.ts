/**
 * Gathering and scattering by indices.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { constant, dataOf, sizeOf, type Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import { axisOf, type Kernels } from "./kernel.ts";

function gather(g: Tracer, x: Value, indices: Value, axis: number): Value {
  const { shape } = x;
  const result = {
    shape: [
      ...shape.slice(0, axis),
      ...indices.shape,
      ...shape.slice(axis + 1),
    ],
    type: x.type,
  };
  return g.node("Gather", [x, indices], result, { axis });
}

/** Each batch entry has indices of its own. */
function batchGather(
  g: Tracer,
  x: Value,
  indices: Value,
  axis: number,
  batch: number,
): Value {
  const inner = indices.shape.slice(batch);
  // One batch entry, the usual case of a deployed model: a plain Gather.
  if (sizeOf(x.shape.slice(0, batch)) === 1) {
    return gather(g, x, g.reshape(indices, inner), axis);
  }
  const axes = x.shape.map((_, i) => i).filter((i) => i !== axis);
  axes.splice(batch, 0, axis);
  const front = g.transpose(x, axes);
  const rows = g.reshape(g.cast(indices, "int64"), [...indices.shape, 1]);
  const result = {
    shape: [...indices.shape, ...front.shape.slice(batch + 1)],
    type: x.type,
  };
  const attributes = { batch_dims: batch };
  const taken = g.node("GatherND", [front, rows], result, attributes);
  // Batch, picked, kept before the axis, rest → the axis' old place.
  const kept = axis - batch;
  const order = taken.shape.map((_, i) => i);
  const picked = order.splice(batch, inner.length);
  order.splice(batch + kept, 0, ...picked);
  return g.transpose(taken, order);
}

/** Gathering kernels. */
export const gathers: Kernels = {
  GatherV2: (g, { x, indices }, attrs: tf.GatherV2Attrs) => {
    const axis = axisOf(attrs.axis ?? 0, x.shape.length);
    const batch = axisOf(attrs.batchDims ?? 0, indices.shape.length);
    const index = g.cast(indices, "int32");
    if (batch > 0) return batchGather(g, x, index, axis, batch);
    return gather(g, x, index, axis);
  },
  GatherNd: (g, { params, indices }) => {
    const depth = indices.shape[indices.shape.length - 1];
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    const inputs = [params, g.cast(indices, "int64")];
    return g.node("GatherND", inputs, { shape, type: params.type });
  },
  ScatterNd: (g, { indices, updates }, { shape }: tf.ScatterNdAttrs) => {
    const zeros = dataOf(updates.type, Array(sizeOf(shape)).fill(0));
    const base = constant(zeros, shape, updates.type);
    const inputs = [base, g.cast(indices, "int64"), updates];
    return g.node("ScatterND", inputs, base, { reduction: "add" });
  },
  TensorScatterUpdate: (g, { tensor, indices, updates }) =>
    g.node("ScatterND", [tensor, g.cast(indices, "int64"), updates], tensor),
};
