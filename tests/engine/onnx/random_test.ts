/** Random programs: passes never change what a graph computes. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  exportGraph,
  type Numbers,
  type Tensors,
} from "../../../engine/onnx/mod.ts";
import { sizeOf } from "../../../engine/onnx/ir.ts";
import { numbers, onCpu, onOnnx, random, specsOf } from "./support.ts";

/** One step: values of rank 4 so far → a new one; n picks among them. */
type Step = (values: tf.Tensor4D[], n: number) => tf.Tensor;

function pick(values: tf.Tensor4D[], n: number): tf.Tensor4D {
  return values[values.length - 1 - n % Math.min(values.length, 4)];
}

function constant(shape: number[], n: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(numbers(size, n + 1), shape);
}

/** An earlier value of the same shape, or the value itself. */
function partner(values: tf.Tensor4D[], x: tf.Tensor4D, n: number) {
  const same = values.filter((y) => tf.util.arraysEqual(y.shape, x.shape));
  return same[n % same.length] ?? x;
}

/** Scale keeps numbers of order 1 over many steps. */
function conv(x: tf.Tensor4D, kernel: number, stride: number, n: number) {
  const [channels, width] = [x.shape[3], 2 + n % 4];
  const scale = 1 / Math.sqrt(channels * kernel * kernel);
  const w = tf.mul(constant([kernel, kernel, channels, width], n), scale);
  return tf.conv2d(x, w as tf.Tensor4D, stride, "same");
}

const BINARY = [tf.add, tf.sub, tf.maximum, tf.mul];
const UNARY = [tf.relu, tf.neg, tf.sigmoid, tf.tanh, tf.abs];

const STEPS: Record<string, Step> = {
  conv: (v, n) => conv(pick(v, n), 1 + 2 * (n % 2), 1 + n % 2, n),
  norm: (v, n) => {
    const x = pick(v, n);
    const c = constant([x.shape[3]], n);
    return tf.add(tf.mul(x, c), tf.mul(c, 0.5));
  },
  constant: (v, n) => {
    const x = pick(v, n);
    const shape = x.shape.map((d, axis) => (n >> axis) % 2 ? d : 1);
    const c = constant(shape.slice(n % 3), n);
    return BINARY[n % 4](n % 2 ? c : x, n % 2 ? x : c);
  },
  binary: (v, n) => {
    const x = pick(v, n);
    return BINARY[n % 4](x, partner(v, x, n));
  },
  unary: (v, n) => UNARY[n % UNARY.length](pick(v, n)),
  where: (v, n) => {
    const x = pick(v, n);
    return tf.where(tf.greater(x, 0.1), x, partner(v, x, n));
  },
  gate: (v, n) => {
    const x = pick(v, n);
    const axes = [[1, 2], [3], [0, 3], [1]][n % 4];
    return tf.mul(x, tf.mean(x, axes, true));
  },
  squash: (v, n) => {
    const x = pick(v, n);
    const flat = tf.max(x, [3]);
    return tf.sub(x, tf.expandDims(flat, 3));
  },
  softmax: (v, n) => tf.softmax(pick(v, n)),
  transpose: (v, n) => {
    const orders = [[0, 2, 1, 3], [0, 3, 1, 2], [0, 2, 3, 1], [0, 1, 3, 2]];
    return tf.transpose(pick(v, n), orders[n % 4]);
  },
  reshape: (v, n) => {
    const x = pick(v, n);
    const [a, b, c, d] = x.shape;
    const middle = tf.reshape(x, n % 2 ? [a * b, c * d] : [a, b * c, d]);
    return tf.reshape(tf.neg(middle), [a, c, b, d]);
  },
  concat: (v, n) => {
    const x = pick(v, n);
    return tf.concat([x, partner(v, x, n)], n % 4);
  },
  split: (v, n) => {
    const x = pick(v, n);
    const axis = n % 4;
    if (x.shape[axis] < 2) return x;
    const [a, b] = tf.split(x, [1, x.shape[axis] - 1], axis);
    return tf.concat([b, a], axis);
  },
  slice: (v, n) => {
    const x = pick(v, n);
    const begin = x.shape.map((d, axis) => axis > 0 && d > 2 ? n % 2 : 0);
    return tf.slice(x, begin, x.shape.map((d, axis) => d - begin[axis]));
  },
  pad: (v, n) => {
    const pads = [0, 1, 2, 3].map((axis) => axis === n % 4 ? [1, 0] : [0, 0]);
    return tf.pad(pick(v, n), pads as [number, number][], n % 3);
  },
  pool: (v, n) => tf.maxPool(pick(v, n), 2, 1 + n % 2, "same"),
  tile: (v, n) => tf.tile(pick(v, n), [1, 1, 1, 1 + n % 2]),
};

/** Largest difference; outputs are within ±1 by their tanh. */
function distance(actual: Numbers, expected: Numbers): number {
  assert.deepEqual([...actual.shape], [...expected.shape]);
  const gaps = Array.from(expected.data, (x, i) => x - actual.data[i]);
  return gaps.reduce((worst, gap) => Math.max(worst, Math.abs(gap)), 0);
}

type Program = [string, number][];

function run(program: Program) {
  return ({ image }: Tensors): Tensors => {
    const values = [image as tf.Tensor4D];
    for (const [name, n] of program) {
      const next = STEPS[name](values, n) as tf.Tensor4D;
      // Small enough to stay quick, large enough to hold something.
      if (next.size > 0 && next.size < 4000) values.push(next);
    }
    const last = values.slice(-3);
    return Object.fromEntries(last.map((y, i) => [`y${i}`, tf.tanh(y)]));
  };
}

const STEP = fc.tuple(fc.constantFrom(...Object.keys(STEPS)), fc.nat(31));
const PROGRAM = fc.array(STEP, { minLength: 4, maxLength: 14 });

Deno.test("passes leave random programs alone", async () => {
  const inputs = { image: random([2, 5, 6, 3]) };
  const check = async (program: Program) => {
    const fn = run(program);
    const expected = onCpu(fn, inputs);
    const plain = await onOnnx(fn, inputs, { optimize: false });
    const passed = await onOnnx(fn, inputs);
    for (const [name, value] of Object.entries(expected)) {
      assert.ok(distance(plain[name], value) < 2e-5, `${name} as traced`);
      assert.ok(distance(passed[name], value) < 2e-5, `${name} after passes`);
    }
    const moved = (optimize: boolean) =>
      exportGraph(fn, specsOf(inputs), { optimize }).nodes
        .filter(({ op }) => op === "Transpose")
        .reduce((sum, { outputs: [y] }) => sum + sizeOf(y.shape), 0);
    assert.ok(moved(true) <= moved(false), "transposes move more numbers");
  };
  await fc.assert(fc.asyncProperty(PROGRAM, check), { seed: 7, numRuns: 150 });
});
