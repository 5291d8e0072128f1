/**
 * Windows that slide over a picture: paddings as TensorFlow takes them.
 * @module
 */
import { ATTRIBUTE, type Attribute } from "../attributes.ts";

/** What tfjs computes of a convolution or a pooling (NHWC). */
export interface WindowInfo {
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
  strideHeight: number;
  strideWidth: number;
  dilationHeight: number;
  dilationWidth: number;
  filterHeight: number;
  filterWidth: number;
  effectiveFilterHeight: number;
  effectiveFilterWidth: number;
  padInfo: {
    type: string;
    top: number;
    bottom: number;
    left: number;
    right: number;
  };
}

/** Rows above and below, columns left and right. */
export type Pads = [number, number, number, number];

/**
 * The zeros to add, or null where TensorFlow's SAME or VALID says it. Where a
 * rounding mode "ceil" makes the result larger, the last window hangs over.
 */
export function padsOf(info: WindowInfo): Pads | null {
  const { type, top, bottom, left, right } = info.padInfo;
  if (type === "SAME") return null;
  const height = (info.outHeight - 1) * info.strideHeight +
    info.effectiveFilterHeight;
  const width = (info.outWidth - 1) * info.strideWidth +
    info.effectiveFilterWidth;
  const pads: Pads = [
    top,
    Math.max(bottom, height - info.inHeight - top),
    left,
    Math.max(right, width - info.inWidth - left),
  ];
  return pads.some((n) => n > 0) ? pads : null;
}

/** The attribute `padding` for what {@link padsOf} leaves to TensorFlow. */
export function paddingType({ padInfo }: WindowInfo): string {
  return padInfo.type === "SAME" ? "SAME" : "VALID";
}

/** Attributes by plain values: whole numbers, lists of them, words. */
export function attribute(
  name: string,
  value: number | readonly number[] | string | boolean,
): Attribute {
  const type = typeof value === "string"
    ? ATTRIBUTE.string
    : typeof value === "boolean"
    ? ATTRIBUTE.bool
    : ATTRIBUTE.int;
  return { name, type, value };
}
