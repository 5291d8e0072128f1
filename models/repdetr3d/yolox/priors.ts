/**
 * Where the cells of all maps lie, and boxes relative to them.
 *
 * Source: MlvlPointGenerator of mmdet 2.28 with offset 0;
 * YOLOXHeadCustom._bbox_decode of StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { mapSizes } from "../config.ts";

/** What priors depend on: strides of the maps, and the image's size. */
export type PriorLayout = Parameters<typeof mapSizes>[0];

/** Cells of all maps: x, y of the upper left corner and stride, [T, 3]. */
export function priorsOf(layout: PriorLayout): Float32Array {
  const rows: number[] = [];
  mapSizes(layout).forEach(({ height, width }, level) => {
    const stride = layout.strides[level]!;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) rows.push(x * stride, y * stride, stride);
    }
  });
  return Float32Array.from(rows);
}

/** Codes [I, T, 4] → corners [I, T, 4], pixels. */
export function decodeBoxes(
  layout: PriorLayout,
  codes: tf.Tensor,
): tf.Tensor {
  const priors = tf.tensor2d(priorsOf(layout), [codes.shape[1]!, 3]);
  const [corner, stride] = tf.split(priors, [2, 1], 1) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const [offset, extent] = tf.split(codes, 2, -1) as [tf.Tensor, tf.Tensor];
  const center = tf.add(tf.mul(offset, stride), corner);
  const half = tf.mul(tf.exp(extent), tf.div(stride, 2));
  return tf.concat([tf.sub(center, half), tf.add(center, half)], -1);
}
