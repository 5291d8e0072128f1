/** Tensors taken apart and put together. @module */
import * as tf from "@tensorflow/tfjs-core";
import { checkKernel, type Fn } from "./check.ts";

const CASES: Record<string, [Fn, ...number[][]]> = {
  "reshape": [(x) => tf.reshape(x, [4, -1]), [2, 4, 3]],
  "expandDims and squeeze": [
    (x) => tf.squeeze(tf.expandDims(x, 1), [0]),
    [1, 4, 3],
  ],
  "transpose of rank 2": [(x) => tf.transpose(x), [3, 4]],
  "transpose of rank 3": [(x) => tf.transpose(x, [1, 0, 2]), [2, 3, 4]],
  "transpose of rank 4": [(x) => tf.transpose(x, [0, 2, 3, 1]), [2, 3, 4, 2]],
  "transpose of rank 5": [
    (x) => tf.transpose(x, [1, 0, 4, 2, 3]),
    [2, 3, 2, 2, 3],
  ],
  "concat of rank 1": [(a, b) => tf.concat([a, b]), [3], [2]],
  "concat along the last axis": [
    (a, b) => tf.concat([a, b, a], -1),
    [2, 3, 4],
    [2, 3, 1],
  ],
  "slice": [(x) => tf.slice(x, [0, 1, 2], [2, -1, 1]), [2, 3, 4]],
  "slice of rank 5": [
    (x) => tf.slice(x, [0, 1, 0, 1, 0], [1, 2, 2, 1, 2]),
    [2, 3, 2, 2, 2],
  ],
  "split": [(x) => tf.add(...pair(tf.split(x, 2, 1))), [3, 4]],
  "split into unequal parts": [(x) => tf.split(x, [1, 3], -1)[1]!, [3, 4]],
  "stack": [(a, b) => tf.stack([a, b], 1), [2, 3], [2, 3]],
  "unstack": [(x) => tf.mul(...pair(tf.unstack(x, 1))), [3, 2, 4]],
  "pad": [(x) => tf.pad(x, [[1, 0], [2, 3]], 0.5), [3, 4]],
  "pad of rank 4": [
    (x) => tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]),
    [1, 3, 2, 2],
  ],
  "tile": [(x) => tf.tile(x, [2, 1, 3]), [2, 1, 2]],
  "tile of rank 5": [(x) => tf.tile(x, [1, 2, 1, 2, 1]), [2, 1, 2, 1, 3]],
  "broadcastTo": [(x) => tf.broadcastTo(x, [3, 2, 4]), [2, 1]],
  "reverse": [(x) => tf.reverse(x, [1]), [2, 3]],
  "gather": [
    (x) => tf.gather(x, tf.tensor1d([2, 0, 2, 1], "int32")),
    [3, 4],
  ],
  "gather along an axis": [
    (x) => tf.gather(x, tf.tensor2d([[2, 0], [1, 2]], [2, 2], "int32"), 1),
    [2, 3, 4],
  ],
  "topk": [(x) => tf.topk(x, 3).values, [4, 9]],
  "rows of the highest scores": [
    (x) => tf.gather(x, tf.topk(tf.sum(x, -1), 2).indices),
    [5, 3],
  ],
  "gather of batches": [
    (x) => tf.gather(x, tf.tensor2d([[2, 0], [1, 2]], [2, 2], "int32"), 1, 1),
    [2, 3, 4],
  ],
};
for (const [name, [fn, ...shapes]] of Object.entries(CASES)) {
  checkKernel({ name, fn, shapes });
}

const PLAIN: Record<string, [Fn, ...number[][]]> = {
  "stridedSlice": [
    (x) => tf.stridedSlice(x, [0, 3], [4, 0], [2, -1]),
    [4, 5],
  ],
  "topk indices": [(x) => tf.topk(x, 3).indices, [4, 9]],
  "gatherND": [
    (x) => tf.gatherND(x, tf.tensor2d([[0, 1], [2, 2]], [2, 2], "int32")),
    [3, 4],
  ],
  "oneHot": [
    (x) => tf.oneHot(tf.cast(x, "int32"), 4),
    [5],
  ],
  "einsum": [(a, b) => tf.einsum("bij,bjk->bik", a, b), [2, 3, 4], [2, 4, 2]],
};
for (const [name, [fn, ...shapes]] of Object.entries(PLAIN)) {
  checkKernel({ name, fn, shapes, range: [0, 4], differentiable: false });
}

/** A large constant of equal elements becomes a fill, others are captured. */
const ramp = Float32Array.from({ length: 300 }, (_, i) => i / 300);
checkKernel({
  name: "constants of all sizes",
  fn: (x) =>
    tf.addN([
      tf.mul(x, tf.fill([300], 3)),
      tf.mul(x, tf.tensor1d(ramp)),
      tf.mul(x, tf.ones([300])),
      tf.cast(tf.zeros([300], "int32"), "float32"),
    ]),
  shapes: [[300]],
});

function pair(parts: tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  return [parts[0]!, parts[1]!];
}
