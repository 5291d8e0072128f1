/**
 * Convolutions and their gradients with any padding; tfjs-node has explicit
 * ones in the forward pass alone.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Attribute } from "../attributes.ts";
import { override, typeOf, withInts } from "./override.ts";
import { attribute, paddingType, padsOf, type WindowInfo } from "./window.ts";

type Shape4D = [number, number, number, number];

/** tfjs's attributes of Conv2D and its gradients. */
interface ConvAttributes {
  strides: number | [number, number];
  pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  dilations?: number | [number, number];
  dataFormat?: string;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

function infoOf(
  x: number[],
  filter: number[],
  attrs: ConvAttributes,
): WindowInfo {
  const { dataFormat = "NHWC" } = attrs;
  if (dataFormat !== "NHWC") {
    throw new Error(`Cannot convolve ${dataFormat} pictures, only NHWC`);
  }
  return tf.backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

function attributes(info: WindowInfo): Attribute[] {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const pads = padsOf(info);
  return [
    typeOf("T", "float32"),
    attribute("strides", [1, strideHeight, strideWidth, 1]),
    attribute("dilations", [1, dilationHeight, dilationWidth, 1]),
    attribute("padding", pads ? "EXPLICIT" : paddingType(info)),
    attribute("data_format", "NHWC"),
    attribute("use_cudnn_on_gpu", true),
    ...(pads ? [attribute("explicit_paddings", [0, 0, ...pads, 0, 0])] : []),
  ];
}

/** Registers Conv2D and both of its gradients. */
export function registerConvolutions(): void {
  override<ConvAttributes>("Conv2D", ({ x, filter }, attrs, backend) => {
    const info = infoOf(x.shape, filter.shape, attrs);
    const inputs = [x, filter];
    return backend.executeSingleOutput("Conv2D", attributes(info), inputs);
  });
  override<ConvAttributes & { inputShape: number[] }>(
    "Conv2DBackpropInput",
    ({ dy, filter }, attrs, backend) => {
      const info = infoOf(attrs.inputShape, filter.shape, attrs);
      return withInts(
        attrs.inputShape,
        [4],
        (shape) =>
          backend.executeSingleOutput(
            "Conv2DBackpropInput",
            attributes(info),
            [shape, filter, dy],
          ),
      );
    },
  );
  override<ConvAttributes & { filterShape: number[] }>(
    "Conv2DBackpropFilter",
    ({ x, dy }, attrs, backend) => {
      const info = infoOf(x.shape, attrs.filterShape, attrs);
      return withInts(
        attrs.filterShape,
        [4],
        (shape) =>
          backend.executeSingleOutput(
            "Conv2DBackpropFilter",
            attributes(info),
            [x, shape, dy],
          ),
      );
    },
  );
}
