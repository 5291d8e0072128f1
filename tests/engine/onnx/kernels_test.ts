/** Every kernel: the exported model against tfjs on the CPU. */
import * as tf from "@tensorflow/tfjs-core";
import type { Numbers } from "../../../engine/onnx/mod.ts";
import { agree, bools, floats, ints, random } from "./support.ts";

type T = tf.Tensor;
// deno-lint-ignore no-explicit-any -- tfjs types every rank; the table does not.
type Any = any;

interface Case {
  fn: (x: Any, y: Any, z: Any) => T | T[];
  inputs: Numbers[];
  bound?: number;
}

const plain = random([2, 3, 4], 1, 3);
const other = random([2, 3, 4], 2, 3);
const row = random([4], 3, 3);
const positive = floats(
  Array.from(plain.data, (x) => Math.abs(x) + 0.1),
  [2, 3, 4],
);
const unit = random([2, 3, 4], 4, 0.99);
const whole = ints([7, -7, 5, -5, 0, 3, 8, -2]);
const divisor = ints([2, 2, -3, -3, 4, 5, -8, 1]);
const mask = bools([1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1], [3, 4]);
const mask2 = bools([1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1], [3, 4]);
const strange = floats([1, NaN, Infinity, -Infinity, -0.5, 0]);
const halves = floats([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.49, -3.51]);
const image = random([2, 7, 9, 3], 5);
const kernel = random([3, 3, 3, 4], 6);

const ELEMENTWISE: Record<string, Case> = {
  add: { fn: tf.add, inputs: [plain, row] },
  "add of integers": { fn: tf.add, inputs: [whole, divisor] },
  "add of an integer and a float": {
    fn: tf.add,
    inputs: [whole, floats([1, 2, 3, 4, 5, 6, 7, 8])],
  },
  sub: { fn: tf.sub, inputs: [row, plain] },
  mul: { fn: tf.mul, inputs: [plain, other] },
  div: { fn: tf.div, inputs: [plain, positive] },
  addN: { fn: (x, y) => tf.addN([x, y, x]), inputs: [plain, other] },
  floorDiv: { fn: tf.floorDiv, inputs: [whole, divisor] },
  "floorDiv of floats": { fn: tf.floorDiv, inputs: [plain, positive] },
  mod: { fn: tf.mod, inputs: [whole, divisor] },
  "mod of floats": { fn: tf.mod, inputs: [plain, other], bound: 1e-5 },
  pow: { fn: tf.pow, inputs: [positive, unit] },
  maximum: { fn: tf.maximum, inputs: [plain, row] },
  minimum: { fn: tf.minimum, inputs: [whole, divisor] },
  squaredDifference: { fn: tf.squaredDifference, inputs: [plain, row] },
  atan2: { fn: tf.atan2, inputs: [plain, other] },
  "atan2 on the axes": {
    fn: tf.atan2,
    inputs: [floats([1, -1, 0, 0, 2, -2]), floats([0, 0, 1, -1, -2, -2])],
  },
  abs: { fn: tf.abs, inputs: [plain] },
  neg: { fn: tf.neg, inputs: [whole] },
  sign: { fn: tf.sign, inputs: [floats([-2, 0, 3])] },
  square: { fn: tf.square, inputs: [plain] },
  sqrt: { fn: tf.sqrt, inputs: [positive] },
  rsqrt: { fn: tf.rsqrt, inputs: [positive] },
  reciprocal: { fn: tf.reciprocal, inputs: [positive] },
  exp: { fn: tf.exp, inputs: [plain] },
  expm1: { fn: tf.expm1, inputs: [plain] },
  log: { fn: tf.log, inputs: [positive] },
  log1p: { fn: tf.log1p, inputs: [positive] },
  sin: { fn: tf.sin, inputs: [random([20], 3, 30)], bound: 1e-5 },
  cos: { fn: tf.cos, inputs: [random([20], 3, 30)], bound: 1e-5 },
  tan: { fn: tf.tan, inputs: [unit] },
  asin: { fn: tf.asin, inputs: [unit] },
  acos: { fn: tf.acos, inputs: [unit] },
  atan: { fn: tf.atan, inputs: [plain] },
  sinh: { fn: tf.sinh, inputs: [unit] },
  cosh: { fn: tf.cosh, inputs: [unit] },
  tanh: { fn: tf.tanh, inputs: [plain] },
  asinh: { fn: tf.asinh, inputs: [plain], bound: 1e-5 },
  acosh: { fn: (x) => tf.acosh(tf.add(x, 1)), inputs: [positive] },
  atanh: { fn: tf.atanh, inputs: [unit] },
  erf: { fn: tf.erf, inputs: [plain] },
  floor: { fn: tf.floor, inputs: [halves] },
  ceil: { fn: tf.ceil, inputs: [halves] },
  "round halves to even": { fn: tf.round, inputs: [halves] },
  "round of integers": { fn: tf.round, inputs: [whole] },
  relu: { fn: tf.relu, inputs: [plain] },
  relu6: { fn: (x) => tf.relu6(tf.mul(x, 5)), inputs: [plain] },
  elu: { fn: tf.elu, inputs: [plain] },
  selu: { fn: tf.selu, inputs: [plain] },
  leakyRelu: { fn: (x) => tf.leakyRelu(x, 0.1), inputs: [plain] },
  prelu: { fn: tf.prelu, inputs: [plain, row] },
  sigmoid: { fn: tf.sigmoid, inputs: [plain] },
  softplus: { fn: tf.softplus, inputs: [plain] },
  step: { fn: (x) => tf.step(x, 0.3), inputs: [plain] },
  clip: { fn: (x) => tf.clipByValue(x, -1, 1.5), inputs: [plain] },
  "clip of integers": { fn: (x) => tf.clipByValue(x, -3, 4), inputs: [whole] },
};

const COMPARE: Record<string, Case> = {
  equal: { fn: tf.equal, inputs: [whole, divisor] },
  "equal of booleans": { fn: tf.equal, inputs: [mask, mask2] },
  notEqual: { fn: tf.notEqual, inputs: [whole, divisor] },
  greater: { fn: tf.greater, inputs: [plain, row] },
  "greater of booleans": { fn: tf.greater, inputs: [mask, mask2] },
  greaterEqual: { fn: tf.greaterEqual, inputs: [whole, divisor] },
  less: { fn: tf.less, inputs: [plain, row] },
  lessEqual: { fn: tf.lessEqual, inputs: [whole, divisor] },
  and: { fn: tf.logicalAnd, inputs: [mask, mask2] },
  or: { fn: tf.logicalOr, inputs: [mask, mask2] },
  xor: { fn: tf.logicalXor, inputs: [mask, mask2] },
  not: { fn: tf.logicalNot, inputs: [mask] },
  isNaN: { fn: tf.isNaN, inputs: [strange] },
  isInf: { fn: tf.isInf, inputs: [strange] },
  isFinite: { fn: tf.isFinite, inputs: [strange] },
  "where keeps finite numbers": {
    fn: (x) => tf.where(tf.isFinite(x), x, tf.zerosLike(x)),
    inputs: [strange],
  },
  "where with a broadcast condition": {
    fn: (c, x, y) => tf.where(c, x, y),
    inputs: [mask, plain, random([2, 3, 4], 9)],
  },
  "where of booleans": {
    fn: (c, x) => tf.where(c, x, tf.logicalNot(x)),
    inputs: [mask, mask2],
  },
  "cast to int truncates": { fn: (x) => tf.cast(x, "int32"), inputs: [halves] },
  "cast to bool": {
    fn: (x) => tf.cast(x, "bool"),
    inputs: [floats([0, 0.5, -1])],
  },
  "cast of a bool": { fn: (x) => tf.cast(x, "float32"), inputs: [mask] },
};

const REDUCE: Record<string, Case> = {
  sum: { fn: (x) => tf.sum(x, [0, 2]), inputs: [plain] },
  "sum of all": { fn: (x) => tf.sum(x), inputs: [plain] },
  "sum of booleans": { fn: (x) => tf.sum(x, 1), inputs: [mask] },
  "sum of no axis": { fn: (x) => tf.sum(x, []), inputs: [plain] },
  mean: { fn: (x) => tf.mean(x, -1, true), inputs: [plain] },
  max: { fn: (x) => tf.max(x, 1), inputs: [plain] },
  min: { fn: (x) => tf.min(x, [1, 2], true), inputs: [whole3()] },
  prod: { fn: (x) => tf.prod(x, 0), inputs: [plain] },
  all: { fn: (x) => tf.all(x, 1), inputs: [mask] },
  any: { fn: (x) => tf.any(x, 0, true), inputs: [mask] },
  argMax: { fn: (x) => tf.argMax(x, 1), inputs: [plain] },
  argMin: { fn: (x) => tf.argMin(x, -1), inputs: [plain] },
  softmax: { fn: (x) => tf.softmax(x), inputs: [plain] },
  logSoftmax: { fn: (x) => tf.logSoftmax(x), inputs: [plain] },
  logSumExp: { fn: (x) => tf.logSumExp(x, 1), inputs: [plain] },
  cumsum: { fn: (x) => tf.cumsum(x, 1), inputs: [plain] },
  "cumsum, exclusive and backwards": {
    fn: (x) => tf.cumsum(x, 2, true, true),
    inputs: [plain],
  },
  topk: {
    fn: (x) => {
      const { values, indices } = tf.topk(x, 2);
      return [values, indices];
    },
    inputs: [plain],
  },
  "topk with ties": {
    fn: (x) => tf.topk(x, 4).indices,
    inputs: [floats([1, 3, 3, 0, 3, 1])],
  },
  moments: { fn: (x) => tf.moments(x, [1]).variance, inputs: [plain] },
};

function whole3(): Numbers {
  return ints([5, 2, 9, -4, 8, 0, 1, 7, 3, -6, 4, 2], [2, 3, 2]);
}

const SHAPE: Record<string, Case> = {
  reshape: { fn: (x) => tf.reshape(x, [4, -1]), inputs: [plain] },
  squeeze: {
    fn: (x) => tf.squeeze(tf.expandDims(x, -1), [3]),
    inputs: [plain],
  },
  expandDims: { fn: (x) => tf.expandDims(x, 1), inputs: [plain] },
  transpose: { fn: (x) => tf.transpose(x, [2, 0, 1]), inputs: [plain] },
  "transpose of booleans": { fn: (x) => tf.transpose(x), inputs: [mask] },
  concat: { fn: (x, y) => tf.concat([x, y, x], -1), inputs: [plain, other] },
  stack: { fn: (x, y) => tf.stack([x, y], 1), inputs: [plain, other] },
  unstack: { fn: (x) => tf.unstack(x, 1), inputs: [plain] },
  "split evenly": { fn: (x) => tf.split(x, 2, 2), inputs: [plain] },
  "split by sizes": { fn: (x) => tf.split(x, [1, -1], 1), inputs: [plain] },
  tile: { fn: (x) => tf.tile(x, [1, 2, 3]), inputs: [plain] },
  "tile of an axis of length 1": {
    fn: (x) => tf.tile(tf.expandDims(x, 1), [1, 5, 1, 1]),
    inputs: [plain],
  },
  broadcastTo: { fn: (x) => tf.broadcastTo(x, [3, 2, 3, 4]), inputs: [plain] },
  pad: {
    fn: (x) => tf.pad(x, [[0, 1], [2, 0], [1, 1]], 0.5),
    inputs: [plain],
  },
  mirrorPad: {
    fn: (x) => tf.mirrorPad(x, [[0, 1], [2, 0], [1, 1]], "reflect"),
    inputs: [plain],
  },
  slice: { fn: (x) => tf.slice(x, [0, 1, 2], [2, -1, 1]), inputs: [plain] },
  stridedSlice: {
    fn: (x) => tf.stridedSlice(x, [0, 0, 1], [2, 3, 4], [1, 2, 2]),
    inputs: [plain],
  },
  "stridedSlice, masked and backwards": {
    fn: (x) => tf.stridedSlice(x, [1, 2, 3], [2, 3, 0], [1, 2, -1], 2, 4),
    inputs: [plain],
  },
  "stridedSlice of nothing": {
    fn: (x) =>
      tf.stridedSlice(x, [1, 2, 0], [2, 2, 4], [1, 1, 1], 0, 0, 0, 0, 1),
    inputs: [plain],
  },
  reverse: { fn: (x) => tf.reverse(x, [0, 2]), inputs: [plain] },
  zerosLike: { fn: (x) => tf.add(x, tf.zerosLike(x)), inputs: [plain] },
  onesLike: { fn: (x) => tf.mul(x, tf.onesLike(x)), inputs: [plain] },
  oneHot: { fn: (x) => tf.oneHot(x, 4, 2, -1), inputs: [ints([0, 3, 1, 5])] },
  "fill, range and linspace": {
    fn: (x) =>
      tf.add(
        x,
        tf.add(tf.fill([4], 2), tf.add(tf.range(0, 4), tf.linspace(0, 1, 4))),
      ),
    inputs: [row],
  },
  eye: { fn: (x) => tf.add(x, tf.eye(4)), inputs: [random([4, 4])] },
  meshgrid: {
    fn: (x) => tf.meshgrid(x, tf.range(0, 3)).map((t) => tf.add(t, 1)),
    inputs: [row],
  },
};

const GATHER: Record<string, Case> = {
  gather: { fn: (x, i) => tf.gather(x, i), inputs: [plain, ints([1, 0, 1])] },
  "gather along an axis": {
    fn: (x, i) => tf.gather(x, i, 1),
    inputs: [plain, ints([2, 0, 2, 1], [2, 2])],
  },
  "gather in a batch": {
    fn: (x, i) => tf.gather(x, i, 1, 1),
    inputs: [plain, ints([2, 0, 2, 1], [2, 2])],
  },
  "gather in a batch, later axis": {
    fn: (x, i) => tf.gather(x, i, 2, 1),
    inputs: [plain, ints([3, 0, 2, 1, 1, 1], [2, 3])],
  },
  "gather in a batch of one": {
    fn: (x, i) => tf.gather(x, i, 1, 1),
    inputs: [random([1, 6, 4]), ints([5, 0, 2], [1, 3])],
  },
  "gather the top rows": {
    fn: (x) => {
      const { indices } = tf.topk(tf.max(x, -1), 2);
      return tf.gather(x, indices, 1, 1);
    },
    inputs: [plain],
  },
  gatherND: {
    fn: (x, i) => tf.gatherND(x, i),
    inputs: [plain, ints([1, 2, 0, 0, 1, 1], [3, 2])],
  },
  scatterND: {
    fn: (i, x) => tf.scatterND(i, x, [5, 4]),
    inputs: [ints([4, 1, 4], [3, 1]), random([3, 4])],
  },
  tensorScatterUpdate: {
    fn: (x, i, y) => tf.tensorScatterUpdate(x, i, y),
    inputs: [random([5, 4], 8), ints([4, 1], [2, 1]), random([2, 4])],
  },
};

const MATMUL: Record<string, Case> = {
  matMul: { fn: tf.matMul, inputs: [random([3, 4]), random([4, 5], 2)] },
  "matMul, transposed": {
    fn: (x, y) => tf.matMul(x, y, true, true),
    inputs: [random([2, 4, 3]), random([2, 5, 4], 2)],
  },
  "matMul, broadcast": {
    fn: tf.matMul,
    inputs: [random([2, 3, 4]), random([4, 5], 2)],
  },
  "matMul of rank 4": {
    fn: (x, y) => tf.matMul(x, y, false, true),
    inputs: [random([2, 2, 3, 4]), random([2, 2, 5, 4], 2)],
  },
  "fused matMul": {
    fn: (a, b, bias) =>
      tf.fused.matMul({ a, b, bias, activation: "relu", transposeB: true }),
    inputs: [random([3, 4]), random([5, 4], 2), random([5], 3)],
  },
  einsum: {
    fn: (x, y) => tf.einsum("bqc,bkc->bqk", x, y),
    inputs: [random([2, 3, 4]), random([2, 5, 4], 2)],
  },
  dot: { fn: tf.dot, inputs: [random([4]), random([4], 2)] },
};

function conv(
  strides: number | [number, number],
  pad: Any,
  dilations = 1,
): Case["fn"] {
  return (x, w) => tf.conv2d(x, w, strides, pad, "NHWC", dilations);
}

const explicit = [[0, 0], [1, 2], [0, 1], [0, 0]];

const IMAGE: Record<string, Case> = {
  conv2d: { fn: conv(1, "same"), inputs: [image, kernel] },
  "conv2d, strided": { fn: conv(2, "same"), inputs: [image, kernel] },
  "conv2d, valid": { fn: conv([1, 2], "valid"), inputs: [image, kernel] },
  "conv2d, padded by a number": { fn: conv(2, 1), inputs: [image, kernel] },
  "conv2d, padded unevenly": { fn: conv(2, explicit), inputs: [image, kernel] },
  "conv2d, dilated": { fn: conv(1, "same", 2), inputs: [image, kernel] },
  "conv2d, rounding up": {
    fn: (x, w) => tf.conv2d(x, w, 2, 0, "NHWC", 1, "ceil"),
    inputs: [random([1, 8, 8, 3]), kernel],
  },
  "fused conv2d": {
    fn: (x, filter, bias) =>
      tf.fused.conv2d({
        x,
        filter,
        bias,
        strides: 1,
        pad: "same",
        activation: "relu6",
      }),
    inputs: [image, kernel, random([4], 8)],
  },
  depthwiseConv2d: {
    fn: (x, w) => tf.depthwiseConv2d(x, w, 2, "same"),
    inputs: [image, random([3, 3, 3, 2], 6)],
  },
  "fused depthwise conv": {
    fn: (x, filter, bias) =>
      tf.fused.depthwiseConv2d({ x, filter, bias, strides: 1, pad: "valid" }),
    inputs: [image, random([3, 3, 3, 2], 6), random([6], 8)],
  },
  conv2dTranspose: {
    fn: (x, w) => tf.conv2dTranspose(x, w, [2, 14, 18, 5], 2, "same"),
    inputs: [image, random([2, 2, 5, 3], 6)],
  },
  "conv2dTranspose, overlapping": {
    fn: (x, w) => tf.conv2dTranspose(x, w, [2, 15, 19, 5], 2, "valid"),
    inputs: [image, random([3, 3, 5, 3], 6)],
  },
  separableConv2d: {
    fn: (x, w, p) => tf.separableConv2d(x, w, p, 1, "same"),
    inputs: [image, random([3, 3, 3, 2], 6), random([1, 1, 6, 4], 7)],
  },
  batchNorm: {
    fn: (x, m, v) => tf.batchNorm4d(x, m, tf.abs(v), m, v, 1e-5),
    inputs: [image, random([3], 2), random([3], 3)],
    bound: 1e-5,
  },
  maxPool: { fn: (x) => tf.maxPool(x, 3, 2, "same"), inputs: [image] },
  "maxPool, padded by a number": {
    fn: (x) => tf.maxPool(x, 3, 2, 1),
    inputs: [image],
  },
  "maxPool, padded unevenly": {
    fn: (x) => tf.maxPool(x, 3, 2, explicit as Any),
    inputs: [image],
  },
  "maxPool, rounding up": {
    fn: (x) => tf.maxPool(x, 3, 2, 0, "ceil"),
    inputs: [random([1, 8, 10, 3])],
  },
  avgPool: { fn: (x) => tf.avgPool(x, 3, 2, "same"), inputs: [image] },
  "global mean": { fn: (x) => tf.mean(x, [1, 2], true), inputs: [image] },
};

for (const align of [false, true]) {
  for (const half of align ? [false] : [false, true]) {
    for (const size of [[14, 18], [5, 13], [11, 4]] as [number, number][]) {
      const title = `${size}${align ? ", corners" : ""}${half ? ", half" : ""}`;
      IMAGE[`resizeNearest to ${title}`] = {
        fn: (x) => tf.image.resizeNearestNeighbor(x, size, align, half),
        inputs: [image],
      };
      IMAGE[`resizeBilinear to ${title}`] = {
        fn: (x) => tf.image.resizeBilinear(x, size, align, half),
        inputs: [image],
        bound: 1e-5,
      };
    }
  }
}

const grid = ints([5, 2, 9, -4, 8, 0, 1, 7, 3, -6, 4, 2], [3, 4]);

/** Element types that a runtime may lack for an operation. */
const TYPES: Record<string, Case> = {
  "where of integers": {
    fn: (c, x) => tf.where(c, x, tf.neg(x)),
    inputs: [mask, grid],
  },
  "abs, sign and square of integers": {
    fn: (x) => [tf.abs(x), tf.sign(x), tf.square(x)],
    inputs: [grid],
  },
  "relu of integers": { fn: tf.relu, inputs: [grid] },
  "pow of integers": { fn: (x) => tf.pow(x, x), inputs: [ints([1, 2, 3])] },
  "exp of integers": { fn: tf.exp, inputs: [ints([1, 2, 3])] },
  "mean of integers": { fn: (x) => tf.mean(x, 0), inputs: [grid] },
  "prod and max of integers": {
    fn: (x) => [tf.prod(x, 0), tf.max(x, 1)],
    inputs: [grid],
  },
  "argMax of integers": { fn: (x) => tf.argMax(x, 1), inputs: [grid] },
  "cumsum of integers": { fn: (x) => tf.cumsum(x, 1), inputs: [grid] },
  "topk of integers": { fn: (x) => tf.topk(x, 3).values, inputs: [grid] },
  "pad of integers": {
    fn: (x) => tf.pad(x, [[1, 0], [0, 2]], 7),
    inputs: [grid],
  },
  "tile and reverse of integers": {
    fn: (x) => tf.reverse(tf.tile(x, [2, 2]), 1),
    inputs: [grid],
  },
  "broadcast of booleans": {
    fn: (x) => tf.broadcastTo(x, [2, 3, 4]),
    inputs: [mask],
  },
  "pieces of booleans": {
    fn: (x, y) => [
      tf.concat([x, y], 0),
      tf.slice(x, [1, 1], [2, 2]),
      tf.gather(x, tf.tensor1d([2, 0], "int32"), 0),
      tf.tile(x, [2, 1]),
      ...tf.split(x, 3, 0),
    ],
    inputs: [mask, mask2],
  },
  "gather and concat of integers": {
    fn: (x, i) => tf.concat([x, tf.gather(x, i)], 0),
    inputs: [grid, ints([2, 1])],
  },
};

const GROUPS = {
  ELEMENTWISE,
  COMPARE,
  REDUCE,
  SHAPE,
  GATHER,
  MATMUL,
  IMAGE,
  TYPES,
};

async function check({ fn, inputs, bound }: Case, opset: number) {
  const named = Object.fromEntries(inputs.map((x, i) => [`in${i}`, x]));
  await agree(
    (tensors) => {
      const [x, y, z] = inputs.map((_, i) => tensors[`in${i}`]);
      const results = [fn(x, y, z)].flat();
      return Object.fromEntries(results.map((t, i) => [`out${i}`, t]));
    },
    named,
    bound,
    { opset },
  );
}

for (const [group, cases] of Object.entries(GROUPS)) {
  Deno.test(`exported kernels compute what tfjs computes: ${group}`, async (t) => {
    for (const [name, one] of Object.entries(cases)) {
      await t.step(name, () => check(one, 17));
    }
  });
}

Deno.test("reductions are written for newer operator sets too", async (t) => {
  for (const [name, one] of Object.entries(REDUCE)) {
    await t.step(name, () => check(one, 21));
  }
});
