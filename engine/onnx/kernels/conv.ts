/**
 * Convolutions. tfjs computes on NHWC, ONNX on NCHW: transposes stand around
 * every node here, and the layout pass removes them again.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { sizeOf, type Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import { activate } from "./activation.ts";
import { paddingOf, toNchw, toNhwc } from "./image.ts";
import type { Inputs, Kernels } from "./kernel.ts";

type Plan = tf.backend_util.Conv2DInfo;
type ConvAttrs = tf.Conv2DAttrs & Partial<tf.FusedConv2DAttrs>;

function planOf(
  x: readonly number[],
  filter: readonly number[],
  attrs: ConvAttrs,
  depthwise: boolean,
): Plan {
  return tf.backend_util.computeConv2DInfo(
    [...x] as [number, number, number, number],
    [...filter] as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    tf.backend_util.convertConv2DDataFormat(attrs.dataFormat ?? "NHWC"),
  );
}

function attributesOf(plan: Plan, group: number) {
  return {
    kernel_shape: [plan.filterHeight, plan.filterWidth],
    strides: [plan.strideHeight, plan.strideWidth],
    dilations: [plan.dilationHeight, plan.dilationWidth],
    pads: paddingOf(plan),
    group,
  };
}

/** Weights HWIO → OIHW; depthwise [h, w, in, mult] → [in·mult, 1, h, w]. */
function weightsOf(g: Tracer, filter: Value, depthwise: boolean): Value {
  if (!depthwise) return g.transpose(filter, [3, 2, 0, 1]);
  const [h, w, channels, multiplier] = filter.shape;
  const shape = [channels * multiplier, 1, h, w];
  return g.reshape(g.transpose(filter, [2, 3, 0, 1]), shape);
}

function conv(
  g: Tracer,
  inputs: Inputs,
  attrs: ConvAttrs,
  depthwise: boolean,
): Value {
  const { x, filter, bias, preluActivationWeights: slope } = inputs;
  const plan = planOf(x.shape, filter.shape, attrs, depthwise);
  const nhwc = plan.dataFormat === "channelsLast";
  const image = nhwc ? toNchw(g, x) : x;
  const weights = weightsOf(g, filter, depthwise);
  const group = image.shape[1] / weights.shape[1];
  const shape = [
    plan.batchSize,
    plan.outChannels,
    plan.outHeight,
    plan.outWidth,
  ];
  const operands = [image, weights];
  if (bias) operands.push(g.reshape(bias, [sizeOf(bias.shape)]));
  const y = g.node("Conv", operands, { shape }, attributesOf(plan, group));
  return activate(g, nhwc ? toNhwc(g, y) : y, attrs, slope);
}

/** The gradient towards the image, which is also tf.conv2dTranspose. */
function transposed(
  g: Tracer,
  dy: Value,
  filter: Value,
  attrs: tf.Conv2DBackpropInputAttrs,
): Value {
  const shape = attrs.inputShape;
  const plan = planOf(
    shape,
    filter.shape,
    attrs as unknown as ConvAttrs,
    false,
  );
  const nhwc = plan.dataFormat === "channelsLast";
  const rest = (size: number, out: number, stride: number, kernel: number) =>
    size - ((out - 1) * stride + kernel);
  const [top, left, bottom, right] = paddingOf(plan);
  const output_padding = [
    rest(plan.inHeight, plan.outHeight, plan.strideHeight, plan.filterHeight) +
    top + bottom,
    rest(plan.inWidth, plan.outWidth, plan.strideWidth, plan.filterWidth) +
    left + right,
  ];
  const { kernel_shape, strides, pads } = attributesOf(plan, 1);
  const image = nhwc ? toNchw(g, dy) : dy;
  const weights = g.transpose(filter, [3, 2, 0, 1]);
  const result = {
    shape: [plan.batchSize, plan.inChannels, plan.inHeight, plan.inWidth],
  };
  const attributes = { kernel_shape, strides, pads, output_padding };
  const y = g.node("ConvTranspose", [image, weights], result, attributes);
  return nhwc ? toNhwc(g, y) : y;
}

/** Scale and shift from running statistics. */
function batchNorm(g: Tracer, inputs: Inputs, epsilon: number): Value {
  const { x, mean, variance, offset, scale } = inputs;
  const spread = g.map("Add", [variance, g.scalar(epsilon)]);
  const deviation = g.map("Sqrt", [spread]);
  const gain = scale
    ? g.map("Div", [scale, deviation])
    : g.map("Reciprocal", [deviation]);
  const centred = g.map("Mul", [mean, gain]);
  const shift = offset
    ? g.map("Sub", [offset, centred])
    : g.map("Neg", [centred]);
  return g.map("Add", [g.map("Mul", [x, gain]), shift]);
}

/** Convolution kernels. */
export const convolutions: Kernels = {
  Conv2D: (g, inputs, attrs: tf.Conv2DAttrs) => conv(g, inputs, attrs, false),
  FusedConv2D: (g, inputs, attrs: tf.FusedConv2DAttrs) =>
    conv(g, inputs, attrs, false),
  DepthwiseConv2dNative: (g, inputs, a: tf.DepthwiseConv2dNativeAttrs) =>
    conv(g, inputs, a, true),
  FusedDepthwiseConv2D: (g, inputs, attrs: tf.FusedDepthwiseConv2DAttrs) =>
    conv(g, inputs, attrs, true),
  Conv2DBackpropInput: (g, { dy, filter }, attrs) =>
    transposed(g, dy, filter, attrs),
  FusedBatchNorm: (g, inputs, attrs: tf.FusedBatchNormAttrs) =>
    batchNorm(g, inputs, attrs.varianceEpsilon),
};
