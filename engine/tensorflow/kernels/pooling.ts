/**
 * Max pooling with explicit padding: pad with the lowest float, then pool
 * without padding (XLA has no explicit padding for pooling).
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- tfjs's pool info type is not exported
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTE, type Attribute } from "../attributes.ts";
import { type Backend, override, typeOf, withInts } from "./override.ts";

const LOWEST = -3.4028234663852886e38;

function infoOf(x: any, attrs: any): any {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const { computePool2DInfo } = tf.backend_util;
  return computePool2DInfo(
    x.shape,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

function attributes(info: any): Attribute[] {
  const type = info.padInfo.type;
  const ints = (name: string, value: number[]) => ({
    name,
    type: ATTRIBUTE.int,
    value,
  });
  return [
    typeOf("T", "float32"),
    ints("ksize", [1, info.filterHeight, info.filterWidth, 1]),
    ints("strides", [1, info.strideHeight, info.strideWidth, 1]),
    {
      name: "padding",
      type: ATTRIBUTE.string,
      value: type === "EXPLICIT" ? "VALID" : type,
    },
    { name: "data_format", type: ATTRIBUTE.string, value: "NHWC" },
  ];
}

function padded(x: tf.Tensor, { padInfo: p }: any, backend: Backend) {
  const lowest = tf.scalar(LOWEST);
  const sizes = [0, 0, p.top, p.bottom, p.left, p.right, 0, 0];
  try {
    return withInts(
      sizes,
      [4, 2],
      (paddings) =>
        backend.executeSingleOutput("PadV2", [
          typeOf("T", "float32"),
          typeOf("Tpaddings", "int32"),
        ], [x, paddings, lowest]),
    );
  } finally {
    lowest.dispose();
  }
}

/** The part of a padded gradient that belongs to the unpadded input. */
function unpadded(
  g: tf.Tensor,
  input: tf.Tensor,
  { padInfo: p }: any,
  backend: Backend,
): tf.Tensor {
  return withInts(
    [0, p.top, p.left, 0],
    [4],
    (begin) =>
      withInts(
        input.shape,
        [4],
        (size) =>
          backend.executeSingleOutput("Slice", [
            typeOf("T", "float32"),
            typeOf("Index", "int32"),
          ], [g, begin, size]),
      ),
  );
}

/** Registers MaxPool and its gradient. */
export function registerPooling(): void {
  override("MaxPool", ({ x }, attrs, backend) => {
    const info = infoOf(x, attrs);
    const explicit = info.padInfo.type === "EXPLICIT";
    const source = explicit ? padded(x, info, backend) : x;
    const y = backend.executeSingleOutput("MaxPool", attributes(info), [
      source,
    ]);
    if (explicit) tf.dispose(source);
    return y;
  });
  override("MaxPoolGrad", ({ dy, input, output }, attrs, backend) => {
    const info = infoOf(input, attrs);
    const explicit = info.padInfo.type === "EXPLICIT";
    const source = explicit ? padded(input, info, backend) : input;
    const g = backend.executeSingleOutput(
      "MaxPoolGrad",
      attributes(info),
      [source, output, dy],
    );
    if (!explicit) return g;
    const inner = unpadded(g, input, info, backend);
    tf.dispose([source, g]);
    return inner;
  });
}
