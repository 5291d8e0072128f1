/**
 * What convolutions, pools and resizing share: layouts and padding.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";

/** [N, H, W, C] → [N, C, H, W]. */
export function toNchw(g: Tracer, x: Value): Value {
  return g.transpose(x, [0, 3, 1, 2]);
}

/** [N, C, H, W] → [N, H, W, C]. */
export function toNhwc(g: Tracer, x: Value): Value {
  return g.transpose(x, [0, 2, 3, 1]);
}

/**
 * ONNX pads: top, left, bottom, right. The lower ones grow when tfjs rounds
 * the output up, since ONNX rounds down.
 */
export function paddingOf(
  plan: tf.backend_util.Conv2DInfo,
): [number, number, number, number] {
  const { top, left, bottom, right } = plan.padInfo;
  const needed = (out: number, stride: number, kernel: number, size: number) =>
    (out - 1) * stride + kernel - size;
  const high = needed(
    plan.outHeight,
    plan.strideHeight,
    plan.effectiveFilterHeight,
    plan.inHeight + top,
  );
  const wide = needed(
    plan.outWidth,
    plan.strideWidth,
    plan.effectiveFilterWidth,
    plan.inWidth + left,
  );
  return [top, left, Math.max(bottom, high), Math.max(right, wide)];
}
