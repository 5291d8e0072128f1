/** Products of matrices, sums and other reductions. @module */
import * as tf from "@tensorflow/tfjs-core";
import { checkKernel, type Fn } from "./check.ts";

for (const a of [false, true]) {
  for (const b of [false, true]) {
    checkKernel({
      name: `matMul, transposed ${a} and ${b}`,
      fn: (x, y) => tf.matMul(x, y, a, b),
      shapes: [a ? [4, 3] : [3, 4], b ? [5, 4] : [4, 5]],
    });
    checkKernel({
      name: `matMul of rank 4, transposed ${a} and ${b}`,
      fn: (x, y) => tf.matMul(x, y, a, b),
      shapes: [
        a ? [2, 3, 4, 3] : [2, 3, 3, 4],
        b ? [2, 3, 5, 4] : [2, 3, 4, 5],
      ],
    });
  }
}

const CASES: Record<string, [Fn, ...number[][]]> = {
  "matMul of rank 3": [(x, y) => tf.matMul(x, y), [2, 3, 4], [2, 4, 5]],
  "matMul of a batch with one matrix": [
    (x, y) => tf.matMul(x, y),
    [2, 3, 4],
    [1, 4, 5],
  ],
  "softmax": [(x) => tf.softmax(x), [2, 3, 5]],
  "logSoftmax": [(x) => tf.logSoftmax(x), [4, 5]],
  "logSumExp": [(x) => tf.logSumExp(x, -1), [4, 5]],
  "sum of all": [(x) => tf.sum(x), [3, 4]],
  "sum of axes": [(x) => tf.sum(x, [0, 2]), [2, 3, 4]],
  "sum that keeps its axis": [(x) => tf.sum(x, 1, true), [2, 3, 4]],
  "mean of all": [(x) => tf.mean(x), [3, 4]],
  "mean of axes": [(x) => tf.mean(x, [1, 2], true), [2, 3, 4, 2]],
  "variance": [(x) => tf.moments(x, -1, true).variance, [3, 6]],
  "max": [(x) => tf.max(x, -1), [3, 6]],
  "min": [(x) => tf.min(x, 0), [3, 6]],
  "prod": [(x) => tf.prod(x, 1), [3, 4]],
  "cumsum": [(x) => tf.cumsum(x, 1), [3, 6]],
  "layer norm": [
    (x, w) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.mul(
        tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))),
        w,
      );
    },
    [2, 3, 8],
    [8],
  ],
};
for (const [name, [fn, ...shapes]] of Object.entries(CASES)) {
  checkKernel({ name, fn, shapes });
}
const PLAIN: Record<string, Fn> = {
  argMax: (x) => tf.argMax(x, 1),
  argMin: (x) => tf.argMin(x, 0),
  any: (x) => tf.any(tf.greater(x, 0.5), 1),
  all: (x) => tf.all(tf.greater(x, -0.9), 0),
};
for (const [name, fn] of Object.entries(PLAIN)) {
  checkKernel({ name, fn, shapes: [[4, 5]], differentiable: false });
}
