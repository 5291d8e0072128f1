/**
 * Reductions, softmax, cumulative sums and top-k.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import { axisOf, type Kernel, type Kernels } from "./kernel.ts";

interface ReduceAttrs {
  axis?: number | number[] | null;
  reductionIndices?: number | number[] | null;
  keepDims?: boolean;
}

/** Emits a reduction; operator set 18 moved the axes to an input. */
function reduce(g: Tracer, op: string, x: Value, attrs: ReduceAttrs): Value {
  const { axis, reductionIndices, keepDims } = attrs;
  const named = axis ?? reductionIndices ?? null;
  const axes = tf.util.parseAxisParam(named as number[], [...x.shape]);
  if (axes.length === 0) return x;
  const keepdims = keepDims ? 1 : 0;
  const shape = x.shape.map((n, i) => axes.includes(i) ? 1 : n)
    .filter((_, i) => keepDims || !axes.includes(i));
  const result = { shape, type: x.type };
  if (op === "ReduceSum" || g.opset >= 18) {
    return g.node(op, [x, g.ints(axes)], result, { keepdims });
  }
  return g.node(op, [x], result, { axes, keepdims });
}

function reduction(op: string): Kernel {
  return (g, { x }, attrs: ReduceAttrs) => reduce(g, op, x, attrs);
}

/** All and Any: the smallest and the largest truth. */
function truth(op: string): Kernel {
  return (g, { x }, attrs: ReduceAttrs) =>
    g.cast(reduce(g, op, g.cast(x, "int32"), attrs), "bool");
}

function extreme(op: string): Kernel {
  return (g, { x }, attrs: tf.ArgMaxAttrs) => {
    const axis = axisOf([attrs.axis].flat()[0] ?? 0, x.shape.length);
    const result = {
      shape: x.shape.filter((_, i) => i !== axis),
      type: "int64" as const,
    };
    return g.cast(g.node(op, [x], result, { axis, keepdims: 0 }), "int32");
  };
}

function softmax(op: string): Kernel {
  return (g, { logits }, attrs: { dim?: number; axis?: number }) => {
    const rank = logits.shape.length;
    const axis = axisOf(attrs.dim ?? attrs.axis ?? -1, rank);
    return g.node(op, [logits], logits, { axis });
  };
}

/** Reducing kernels. */
export const reductions: Kernels = {
  Sum: reduction("ReduceSum"),
  Max: reduction("ReduceMax"),
  Min: reduction("ReduceMin"),
  Prod: reduction("ReduceProd"),
  Mean: (g, { x }, attrs: ReduceAttrs) =>
    reduce(g, "ReduceMean", g.cast(x, "float32"), attrs),
  All: truth("ReduceMin"),
  Any: truth("ReduceMax"),
  ArgMax: extreme("ArgMax"),
  ArgMin: extreme("ArgMin"),
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
  Cumsum: (g, { x }, { axis, exclusive, reverse }: tf.CumsumAttrs) => {
    const flags = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
    const along = g.scalar(axisOf(axis, x.shape.length), "int32");
    return g.node("CumSum", [x, along], x, flags);
  },
  TopK: (g, { x }, { k, sorted }: tf.TopKAttrs) => {
    const shape = [...x.shape.slice(0, -1), k];
    const results = [{ shape, type: x.type }, {
      shape,
      type: "int64" as const,
    }];
    // Unsorted results may come in any order: a sorted one is always right.
    const attributes = {
      axis: -1,
      largest: 1,
      sorted: sorted === false ? 0 : 1,
    };
    const [top, indices] = g.split(
      "TopK",
      [x, g.ints([k])],
      results,
      attributes,
    );
    return [top, g.cast(indices, "int32")];
  },
};
