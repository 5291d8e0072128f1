/** Convolution, pooling and resizing. @module */
import * as tf from "@tensorflow/tfjs-core";
import { checkKernel } from "./check.ts";

type Pad = number | "same" | "valid" | [number, number][];
type Rounding = "floor" | "ceil" | undefined;

function conv(stride: number, pad: Pad, rounding?: Rounding) {
  return (x: tf.Tensor, w: tf.Tensor) =>
    tf.conv2d(
      ...[x as tf.Tensor4D, w as tf.Tensor4D, stride, pad as "same"] as const,
      ...["NHWC", 1, rounding] as const,
    );
}

/** Padding of a picture's height and width. */
function around(top: number, bottom: number, left: number, right: number): Pad {
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
}

for (const stride of [1, 2]) {
  for (const size of [1, 3, 7]) {
    const n = (size - 1) / 2;
    checkKernel({
      name: `conv2d ${size}x${size}, stride ${stride}, padded by ${n}`,
      fn: conv(stride, around(n, n, n, n)),
      shapes: [[2, 9, 11, 3], [size, size, 3, 4]],
    });
  }
}
for (const pad of ["same", "valid"] as const) {
  checkKernel({
    name: `conv2d ${pad}`,
    fn: conv(2, pad),
    shapes: [[2, 9, 8, 3], [3, 3, 3, 5]],
  });
}
checkKernel({
  name: "conv2d with unequal padding",
  fn: conv(2, around(0, 1, 2, 0)),
  shapes: [[1, 8, 7, 2], [3, 3, 2, 3]],
});
checkKernel({
  name: "conv2d with padding as a number",
  fn: conv(2, 1, "floor"),
  shapes: [[1, 8, 7, 2], [3, 3, 2, 3]],
});
checkKernel({
  name: "conv2d with dilation", // tfjs has no gradient of it
  differentiable: false,
  fn: (x, w) =>
    tf.conv2d(
      ...[x as tf.Tensor4D, w as tf.Tensor4D, 1, "same", "NHWC", 2] as const,
    ),
  shapes: [[1, 9, 9, 2], [3, 3, 2, 3]],
});

function pool(size: number, stride: number, pad: Pad, rounding?: Rounding) {
  return (x: tf.Tensor) =>
    tf.maxPool(
      ...[x as tf.Tensor4D, size, stride, pad as "same", rounding] as const,
    );
}

checkKernel({
  name: "maxPool 3/2 padded by 1",
  fn: pool(3, 2, around(1, 1, 1, 1), "floor"),
  shapes: [[2, 10, 9, 3]],
});
checkKernel({
  name: "maxPool padded by 1, all numbers negative",
  fn: pool(3, 2, around(1, 1, 1, 1), "floor"),
  shapes: [[1, 6, 7, 2]],
  range: [-5, -4],
});
checkKernel({
  name: "maxPool 3/2 rounded up",
  fn: pool(3, 2, 0, "ceil"),
  reference: (x) =>
    pool(3, 2, "valid")(tf.pad(x, [[0, 0], [0, 1], [0, 0], [0, 0]], -9)),
  shapes: [[2, 10, 9, 3]],
});
checkKernel({
  name: "maxPool 3/2 padded below and right",
  fn: pool(3, 2, around(0, 1, 0, 1)),
  shapes: [[2, 10, 8, 3]],
});
for (const pad of ["same", "valid"] as const) {
  checkKernel({
    name: `maxPool ${pad}`,
    fn: pool(2, 2, pad),
    shapes: [[2, 7, 9, 3]],
  });
}
checkKernel({
  name: "resizeNearestNeighbor",
  fn: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 12]),
  reference: (x) => {
    const apart = tf.reshape(x, [2, 4, 1, 6, 1, 3]);
    const repeated = tf.mul(apart, tf.ones([1, 1, 2, 1, 2, 1]));
    return tf.reshape(repeated, [2, 8, 12, 3]);
  },
  shapes: [[2, 4, 6, 3]],
});
