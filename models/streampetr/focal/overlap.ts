/**
 * Overlaps of pairs of boxes, in the graph.
 *
 * Source: bbox_overlaps (aligned) and giou_loss of mmdet 2.28; Rezatofighi
 * et al. 2019.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ImageSize } from "./matcher.ts";

/** Least union, square pixels. */
const EPSILON = 1e-6;

/** Corners of boxes, two numbers each. */
interface Corners {
  low: tf.Tensor;
  high: tf.Tensor;
}

/**
 * IoU and GIoU [...] of boxes [..., 4] (cx, cy, w, h as shares of the image)
 * pair by pair, measured in pixels.
 */
export function overlaps(
  a: tf.Tensor,
  b: tf.Tensor,
  { imageHeight, imageWidth }: ImageSize,
): { iou: tf.Tensor; giou: tf.Tensor } {
  const size = tf.tensor1d([imageWidth, imageHeight]);
  const [first, second] = [corners(a, size), corners(b, size)];
  const shared = area({
    low: tf.maximum(first.low, second.low),
    high: tf.minimum(first.high, second.high),
  });
  const whole = tf.add(area(first), area(second));
  const union = tf.maximum(tf.sub(whole, shared), EPSILON);
  const hull = tf.maximum(
    area({
      low: tf.minimum(first.low, second.low),
      high: tf.maximum(first.high, second.high),
    }),
    EPSILON,
  );
  const iou = tf.div(shared, union);
  return { iou, giou: tf.sub(iou, tf.div(tf.sub(hull, union), hull)) };
}

function corners(boxes: tf.Tensor, size: tf.Tensor1D): Corners {
  const [center, extent] = tf.split(boxes, 2, -1) as [tf.Tensor, tf.Tensor];
  const half = tf.div(extent, 2);
  return {
    low: tf.mul(tf.sub(center, half), size),
    high: tf.mul(tf.add(center, half), size),
  };
}

/** Width times height, zero for boxes turned inside out. */
function area({ low, high }: Corners): tf.Tensor {
  const sides = tf.maximum(tf.sub(high, low), 0);
  const [width, height] = tf.split(sides, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.squeeze(tf.mul(width, height), [-1]);
}
