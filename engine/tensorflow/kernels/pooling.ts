/**
 * Max pooling with any padding: pad with the lowest float, then pool without
 * padding (XLA has no explicit padding for pooling).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Attribute } from "../attributes.ts";
import { type Backend, override, typeOf, withInts } from "./override.ts";
import {
  attribute,
  paddingType,
  type Pads,
  padsOf,
  type WindowInfo,
} from "./window.ts";

const LOWEST = -3.4028234663852886e38;

/** tfjs's attributes of MaxPool and its gradient. */
interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: Parameters<typeof tf.backend_util.computePool2DInfo>[4];
  dimRoundingMode?: "floor" | "round" | "ceil";
}

function infoOf({ shape }: tf.Tensor, attrs: PoolAttributes): WindowInfo {
  return tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

function attributes(info: WindowInfo): Attribute[] {
  return [
    typeOf("T", "float32"),
    attribute("ksize", [1, info.filterHeight, info.filterWidth, 1]),
    attribute("strides", [1, info.strideHeight, info.strideWidth, 1]),
    attribute("padding", paddingType(info)),
    attribute("data_format", "NHWC"),
  ];
}

function padded(x: tf.Tensor, pads: Pads, backend: Backend): tf.Tensor {
  const lowest = tf.scalar(LOWEST);
  const types = [typeOf("T", "float32"), typeOf("Tpaddings", "int32")];
  try {
    return withInts(
      [0, 0, ...pads, 0, 0],
      [4, 2],
      (paddings) =>
        backend.executeSingleOutput("PadV2", types, [x, paddings, lowest]),
    );
  } finally {
    lowest.dispose();
  }
}

/** The part of a padded picture's gradient that is the picture's own. */
function unpadded(
  gradient: tf.Tensor,
  shape: number[],
  [top, , left]: Pads,
  backend: Backend,
): tf.Tensor {
  const types = [typeOf("T", "float32"), typeOf("Index", "int32")];
  return withInts(
    [0, top, left, 0],
    [4],
    (begin) =>
      withInts(
        shape,
        [4],
        (size) =>
          backend.executeSingleOutput("Slice", types, [gradient, begin, size]),
      ),
  );
}

/** Registers MaxPool and its gradient. */
export function registerPooling(): void {
  override<PoolAttributes>("MaxPool", ({ x }, attrs, backend) => {
    const info = infoOf(x, attrs);
    const pads = padsOf(info);
    const source = pads ? padded(x, pads, backend) : x;
    const y = backend.executeSingleOutput("MaxPool", attributes(info), [
      source,
    ]);
    if (pads) source.dispose();
    return y;
  });
  override<PoolAttributes>(
    "MaxPoolGrad",
    ({ dy, input, output }, attrs, backend) => {
      // tfjs forgets the rounding mode on the way here; the size tells it.
      const [, outHeight, outWidth] = output.shape as number[];
      const info = { ...infoOf(input, attrs), outHeight, outWidth };
      const pads = padsOf(info as WindowInfo);
      const source = pads ? padded(input, pads, backend) : input;
      const gradient = backend.executeSingleOutput(
        "MaxPoolGrad",
        attributes(info as WindowInfo),
        [source, output, dy],
      );
      if (!pads) return gradient;
      const inner = unpadded(gradient, input.shape, pads, backend);
      source.dispose();
      gradient.dispose();
      return inner;
    },
  );
}
