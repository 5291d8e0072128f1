/**
 * Gradients of convolutions with explicit padding, which tfjs-node refuses.
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- tfjs's conv info type is not exported
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE, type Attribute } from "../attributes.ts";
import { override, typeOf, withInts } from "./override.ts";

function attributes(info: any): Attribute[] {
  const { padInfo: pad } = info;
  const ints = (name: string, value: number[]) => ({
    name,
    type: ATTRIBUTE.int,
    value,
  });
  const text = (name: string, value: string) => ({
    name,
    type: ATTRIBUTE.string,
    value,
  });
  const all: Attribute[] = [
    typeOf("T", "float32"),
    ints("strides", [1, info.strideHeight, info.strideWidth, 1]),
    ints("dilations", [1, info.dilationHeight, info.dilationWidth, 1]),
    text("padding", pad.type),
    text("data_format", "NHWC"),
    { name: "use_cudnn_on_gpu", type: ATTRIBUTE.bool, value: true },
  ];
  if (pad.type === "EXPLICIT") {
    const { top, bottom, left, right } = pad;
    all.push(ints("explicit_paddings", [
      ...[0, 0, top, bottom],
      ...[left, right, 0, 0],
    ]));
  }
  return all;
}

function infoOf(x: number[], filter: number[], attrs: any): any {
  return tf.backend_util.computeConv2DInfo(
    x as any,
    filter as any,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

/** Registers both gradients of Conv2D. */
export function registerConvolutions(): void {
  override("Conv2DBackpropInput", ({ dy, filter }, attrs, backend) => {
    const info = infoOf(attrs.inputShape, filter.shape, attrs);
    return withInts(info.inShape, [4], (shape) =>
      backend.executeSingleOutput(
        "Conv2DBackpropInput",
        attributes(info),
        [shape, filter, dy],
      ));
  });
  override("Conv2DBackpropFilter", ({ x, dy }, attrs, backend) => {
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
  });
}
