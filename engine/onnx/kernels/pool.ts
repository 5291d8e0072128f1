/**
 * Pooling and resizing.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Attributes } from "../builder.ts";
import type { Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import { paddingOf, toNchw, toNhwc } from "./image.ts";
import type { Kernels } from "./kernel.ts";

function pool(
  g: Tracer,
  op: string,
  x: Value,
  attrs: tf.MaxPoolAttrs,
  extra: Attributes = {},
): Value {
  const plan = tf.backend_util.computePool2DInfo(
    [...x.shape] as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  const { batchSize, inChannels, outHeight, outWidth } = plan;
  const result = { shape: [batchSize, inChannels, outHeight, outWidth] };
  const attributes = {
    kernel_shape: [plan.filterHeight, plan.filterWidth],
    strides: [plan.strideHeight, plan.strideWidth],
    pads: paddingOf(plan),
    ...extra,
  };
  return toNhwc(g, g.node(op, [toNchw(g, x)], result, attributes));
}

function resize(
  g: Tracer,
  images: Value,
  attrs: tf.ResizeBilinearAttrs,
  attributes: Attributes,
): Value {
  const x = toNchw(g, g.cast(images, "float32"));
  const shape = [...x.shape.slice(0, 2), ...attrs.size];
  const coordinate_transformation_mode = attrs.alignCorners
    ? "align_corners"
    : attrs.halfPixelCenters
    ? "half_pixel"
    : "asymmetric";
  const y = g.node("Resize", [x, null, null, g.ints(shape)], { shape }, {
    coordinate_transformation_mode,
    ...attributes,
  });
  return g.cast(toNhwc(g, y), images.type);
}

/** Pooling and resizing kernels. */
export const pools: Kernels = {
  MaxPool: (g, { x }, attrs: tf.MaxPoolAttrs) => pool(g, "MaxPool", x, attrs),
  AvgPool: (g, { x }, attrs: tf.AvgPoolAttrs) =>
    pool(g, "AveragePool", x, attrs, { count_include_pad: 0 }),
  ResizeBilinear: (g, { images }, attrs: tf.ResizeBilinearAttrs) =>
    resize(g, images, attrs, { mode: "linear" }),
  ResizeNearestNeighbor: (g, { images }, attrs: tf.ResizeBilinearAttrs) => {
    // tfjs rounds down, except from corner to corner or centre to centre.
    const rounds = attrs.alignCorners || attrs.halfPixelCenters;
    const nearest_mode = rounds ? "round_prefer_ceil" : "floor";
    return resize(g, images, attrs, { mode: "nearest", nearest_mode });
  },
};
