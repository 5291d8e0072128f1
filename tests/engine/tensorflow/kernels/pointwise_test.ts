/** Functions of single elements, of pairs, and broadcasting. @module */
import * as tf from "@tensorflow/tfjs-core";
import { checkKernel, type Fn } from "./check.ts";

const UNARY: Record<string, Fn> = {
  abs: tf.abs,
  cos: tf.cos,
  exp: tf.exp,
  expm1: tf.expm1,
  neg: tf.neg,
  relu: tf.relu,
  relu6: (x) => tf.relu6(tf.mul(x, 8)),
  "relu of exact zeros": (x) => tf.relu(tf.mul(x, tf.relu(x))),
  step: (x) => tf.step(x, 0.3),
  sigmoid: tf.sigmoid,
  sin: tf.sin,
  softplus: tf.softplus,
  square: tf.square,
  clipByValue: (x) => tf.clipByValue(x, -0.5, 0.25),
};
for (const [name, fn] of Object.entries(UNARY)) {
  checkKernel({ name, fn, shapes: [[3, 5, 2]] });
}

const POSITIVE: Record<string, Fn> = {
  log: tf.log,
  rsqrt: tf.rsqrt,
  sqrt: tf.sqrt,
  pow: (x) => tf.pow(x, 1.7),
};
for (const [name, fn] of Object.entries(POSITIVE)) {
  checkKernel({ name, fn, shapes: [[4, 6]], range: [0.2, 3] });
}

const STEPS: Record<string, Fn> = {
  ceil: tf.ceil,
  floor: tf.floor,
  round: tf.round,
  sign: tf.sign,
};
for (const [name, fn] of Object.entries(STEPS)) {
  checkKernel({ name, fn, shapes: [[4, 6]], range: [-4, 4] });
}

type Pair = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const BINARY: Record<string, Pair> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
};
const SHAPES: Record<string, number[][]> = {
  "equal shapes": [[2, 3, 4], [2, 3, 4]],
  "a row": [[2, 3, 4], [4]],
  "an outer product": [[2, 3, 1], [1, 4]],
  "a scalar": [[2, 3, 4], []],
  "rank 5": [[2, 1, 3, 1, 2], [1, 2, 3, 2, 1]],
};
for (const [name, fn] of Object.entries(BINARY)) {
  for (const [how, shapes] of Object.entries(SHAPES)) {
    checkKernel({ name: `${name} of ${how}`, fn, shapes, range: [0.3, 2] });
  }
}
checkKernel({
  name: "addN",
  fn: (...xs) => tf.addN(xs),
  shapes: [[2, 3], [2, 3], [2, 3]],
});

const COMPARE: Record<string, Pair> = {
  equal: (a, b) => tf.equal(tf.round(a), tf.round(b)),
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  logicalAnd: (a, b) => tf.logicalAnd(tf.greater(a, 0), tf.less(b, 0)),
};
for (const [name, fn] of Object.entries(COMPARE)) {
  const shapes = [[4, 5], [5]];
  checkKernel({ name, fn, shapes, differentiable: false });
}
checkKernel({
  name: "where",
  fn: (a, b) => tf.where(tf.greater(a, b), a, tf.mul(b, 2)),
  shapes: [[4, 5], [4, 5]],
});
checkKernel({
  name: "a mask by comparison of what is trained",
  fn: (a, b) => tf.mul(a, tf.cast(tf.less(a, b), "float32")),
  shapes: [[4, 5], [5]],
});
checkKernel({
  name: "cast to int32 and back",
  fn: (x) => tf.cast(tf.cast(x, "int32"), "float32"),
  shapes: [[4, 5]],
  range: [-9, 9],
  differentiable: false,
});
checkKernel({
  name: "round of int32",
  fn: (x) => tf.round(tf.cast(x, "int32")),
  shapes: [[4, 5]],
  range: [-9, 9],
  differentiable: false,
});
