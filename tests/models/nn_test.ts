import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE, type Pass } from "../../models/module.ts";
import {
  batchNorm,
  conv2d,
  dropout,
  groupNorm,
  inverseSigmoid,
  layerNorm,
  linear,
  mergeParams,
  multiheadAttention,
  normalize,
} from "../../models/nn/mod.ts";
import { useTensorFlow } from "../support/backend.ts";
import { goldenParams, s, u } from "../support/golden.ts";

await useTensorFlow();

function close(actual: tf.Tensor, expected: ArrayLike<number>, bound = 2e-6) {
  const data = actual.dataSync();
  assert.equal(data.length, expected.length);
  for (let i = 0; i < data.length; i++) {
    const error = Math.abs(data[i]! - expected[i]!);
    assert.ok(error <= bound, `[${i}]: ${data[i]}, expected ${expected[i]}`);
  }
}

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

Deno.test("linear() multiplies the last axis of any rank", () => {
  const part = linear("fc", 3, 2);
  const params = goldenParams(part.params);
  const [w, b] = [params["fc.weight"]!, params["fc.bias"]!]
    .map((tensor) => tensor.dataSync());
  const data = s("nn/linear", [2, 2, 3]);
  const expected = Array.from({ length: 8 }, (_, i) => {
    const [row, out] = [Math.floor(i / 2), i % 2];
    return b![out]! +
      sum(3, (k) => data[row * 3 + k]! * w![out * 3 + k]!);
  });
  const y = part.forward(params, tf.tensor(data, [2, 2, 3]));
  assert.deepEqual(y.shape, [2, 2, 2]);
  close(y, expected);
  close(part.forward(params, tf.tensor(data, [4, 3])), expected);
  assert.deepEqual(Object.keys(linear("x", 1, 1, { bias: false }).params), [
    "x.weight",
  ]);
});

Deno.test("conv2d() pads symmetrically as torch, also with a stride", () => {
  for (const [stride, padding, size] of [[1, 1, 4], [2, 1, 4], [2, 0, 5]]) {
    const part = conv2d("c", 2, 3, 3, { stride, padding });
    const params = goldenParams(part.params);
    const w = params["c.weight"]!.arraySync() as number[][][][];
    const b = params["c.bias"]!.arraySync() as number[];
    const x = tf.tensor4d(s("nn/conv", [1, size!, size!, 2]), [
      1,
      size!,
      size!,
      2,
    ]);
    const input = x.arraySync()[0]!;
    const side = Math.floor((size! + 2 * padding! - 3) / stride!) + 1;
    const expected: number[] = [];
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        for (let o = 0; o < 3; o++) {
          expected.push(
            b[o]! + sum(18, (n) => {
              const [p, q, c] = [
                Math.floor(n / 6),
                Math.floor(n / 2) % 3,
                n % 2,
              ];
              const [row, column] = [
                i * stride! + p - padding!,
                j * stride! + q - padding!,
              ];
              return (input[row]?.[column]?.[c] ?? 0) * w[p]![q]![c]![o]!;
            }),
          );
        }
      }
    }
    const y = part.forward(params, x);
    assert.deepEqual(y.shape, [1, side, side, 3]);
    close(y, expected);
  }
});

Deno.test("layerNorm() scales and shifts the normalised last axis", () => {
  const part = layerNorm("n", 4);
  const params = goldenParams(part.params);
  const [w, b] = ["weight", "bias"].map((k) => params[`n.${k}`]!.dataSync());
  const data = s("nn/layer", [2, 4], 3);
  const expected = Array.from(data, (_, i) => {
    const row = data.subarray(i - i % 4, i - i % 4 + 4);
    const mean = sum(4, (k) => row[k]! / 4);
    const variance = sum(4, (k) => (row[k]! - mean) ** 2 / 4);
    return (data[i]! - mean) / Math.sqrt(variance + 1e-5) * w![i % 4]! +
      b![i % 4]!;
  });
  const x = tf.tensor(data, [2, 4]);
  close(part.forward(params, x), expected);
  const plain = normalize(x, 1e-5);
  close(
    tf.add(tf.mul(plain, params["n.weight"]!), params["n.bias"]!),
    expected,
  );
});

Deno.test("groupNorm() normalises height, width and a group's channels", () => {
  const part = groupNorm("g", 2, 4);
  const params = goldenParams(part.params);
  const [w, b] = ["weight", "bias"].map((k) => params[`g.${k}`]!.dataSync());
  const data = s("nn/group", [2, 1, 3, 4], 3);
  const group = (i: number) =>
    [...data.keys()].filter((k) =>
      Math.floor(k / 12) === Math.floor(i / 12) &&
      Math.floor(k % 4 / 2) === Math.floor(i % 4 / 2)
    ).map((k) => data[k]!);
  const expected = Array.from(data, (value, i) => {
    const members = group(i);
    assert.equal(members.length, 6);
    const mean = sum(6, (k) => members[k]! / 6);
    const variance = sum(6, (k) => (members[k]! - mean) ** 2 / 6);
    return (value - mean) / Math.sqrt(variance + 1e-5) * w![i % 4]! +
      b![i % 4]!;
  });
  close(part.forward(params, tf.tensor4d(data, [2, 1, 3, 4])), expected);
  assert.throws(() => groupNorm("g", 3, 4), /Cannot split 4 channels into 3/);
});

Deno.test("batchNorm() in inference and frozen uses running statistics", () => {
  for (const mode of ["frozen", "affine", "train"] as const) {
    const part = batchNorm("b", 2, { mode });
    const params = goldenParams(part.params);
    const [w, b, mean, variance] = [
      "weight",
      "bias",
      "running_mean",
      "running_var",
    ].map((key) => params[`b.${key}`]!.dataSync());
    const data = s("nn/batch", [1, 2, 2, 2], 3);
    const expected = Array.from(data, (value, i) => {
      const c = i % 2;
      return (value - mean![c]!) / Math.sqrt(variance![c]! + 1e-5) * w![c]! +
        b![c]!;
    });
    const x = tf.tensor4d(data, [1, 2, 2, 2]);
    close(part.forward(params, x, INFERENCE), expected);
    if (mode !== "train") {
      const pass: Pass = { training: true, updates: new Map() };
      close(part.forward(params, x, pass), expected);
      assert.equal(pass.updates!.size, 0);
    }
    assert.equal(part.params["b.weight"]!.trainable, mode !== "frozen");
    assert.ok(part.params["b.running_var"]!.buffer);
  }
});

Deno.test("batchNorm() in training normalises by the batch and follows it", () => {
  const part = batchNorm("b", 1, { mode: "train", momentum: 0.25 });
  const params = goldenParams(part.params);
  const value = (key: string) => params[`b.${key}`]!.dataSync()[0]!;
  const data = Float32Array.of(1, 2, 4, 9);
  const pass: Pass = { training: true, updates: new Map() };
  const y = part.forward(params, tf.tensor4d(data, [2, 2, 1, 1]), pass);
  const variance = 9.5; // mean 4: (9 + 4 + 0 + 25) / 4
  close(
    y,
    Array.from(
      data,
      (x) =>
        (x - 4) / Math.sqrt(variance + 1e-5) * value("weight") + value("bias"),
    ),
  );
  const updates = pass.updates!;
  close(updates.get("b.running_mean")!, [
    0.75 * value("running_mean") + 0.25 * 4,
  ]);
  close(updates.get("b.running_var")!, [
    0.75 * value("running_var") + 0.25 * variance * 4 / 3,
  ]);
  assert.throws(
    () => part.forward(params, tf.zeros([1, 1, 1, 1]) as tf.Tensor4D, pass),
    /Cannot normalise "b" by batch statistics of one value/,
  );
});

Deno.test("batchNorm() by batch statistics has torch's gradients", () => {
  // Printed by torch 2.13: BatchNorm2d, momentum 0.25, loss Σ y·r.
  const part = batchNorm("b", 2, { mode: "train", momentum: 0.25 });
  const buffers = {
    "b.running_mean": tf.tensor1d([0.5, -1]),
    "b.running_var": tf.tensor1d([2, 0.5]),
  };
  const x = tf.tensor4d([1, 2, 2, -1, 4, 0.5, 9, 3], [2, 2, 1, 2]);
  const r = tf.tensor4d([1, -2, 0.5, 3, -1, 0.25, 2, 1], [2, 2, 1, 2]);
  const pass: Pass = { training: true, updates: new Map() };
  const { grads } = tf.valueAndGrads((...[x, weight, bias]: tf.Tensor[]) => {
    const params = { "b.weight": weight!, "b.bias": bias!, ...buffers };
    const y = part.forward(params, x as tf.Tensor4D, pass);
    return tf.sum(tf.mul(y, r));
  })([x, tf.tensor1d([1.5, -0.5]), tf.tensor1d([0.25, 1])]);
  close(grads[0]!, [
    0.413023829,
    0.64411813,
    0.092850223,
    -0.315327793,
    -0.790829062,
    0.246873602,
    0.284954965,
    -0.575663984,
  ]);
  close(grads[1]!, [1.94665611, -4.22701979]);
  close(grads[2]!, [2.5, 2.25]);
  close(pass.updates!.get("b.running_mean")!, [1.375, -0.46875]);
  close(pass.updates!.get("b.running_var")!, [4.66666698, 1.140625]);
});

Deno.test("multiheadAttention() equals attention written out by heads", () => {
  const [width, heads, nq, nk] = [4, 2, 2, 3];
  const part = multiheadAttention("a", width, heads);
  const params = goldenParams(part.params);
  const all = Object.fromEntries(
    Object.entries(params).map(([k, v]) => [k.slice(2), v.dataSync()]),
  );
  const inputs = {
    query: s("nn/q", [nq, width]),
    key: s("nn/k", [nk, width]),
    value: s("nn/v", [nk, width]),
  };
  const mask = [0, -1e9, 0, 0, 0, -1e9];
  const project = (x: Float32Array, part: number, row: number, c: number) =>
    all.in_proj_bias![part * width + c]! +
    sum(width, (k) =>
      x[row * width + k]! *
      all.in_proj_weight![(part * width + c) * width + k]!);
  const mixed = (row: number, c: number) => {
    const first = c - c % 2;
    const scores = Array.from({ length: nk }, (_, key) =>
      Math.exp(
        mask[row * nk + key]! +
          sum(2, (d) =>
              project(inputs.query, 0, row, first + d) *
              project(inputs.key, 1, key, first + d)) / Math.SQRT2,
      ));
    const total = sum(nk, (key) => scores[key]!);
    return sum(
      nk,
      (key) => scores[key]! / total * project(inputs.value, 2, key, c),
    );
  };
  const expected = Array.from({ length: nq * width }, (_, i) => {
    const [row, out] = [Math.floor(i / width), i % width];
    return all["out_proj.bias"]![out]! +
      sum(
        width,
        (c) => mixed(row, c) * all["out_proj.weight"]![out * width + c]!,
      );
  });
  const tensors = {
    query: tf.tensor3d(inputs.query, [1, nq, width]),
    key: tf.tensor3d(inputs.key, [1, nk, width]),
    value: tf.tensor3d(inputs.value, [1, nk, width]),
    mask: tf.tensor2d(mask, [nq, nk]),
  };
  close(part.forward(params, tensors, INFERENCE), expected);
});

Deno.test("dropout() keeps by the pass's numbers and only in training", () => {
  const x = tf.ones([1000]);
  const uniform = (shape: number[]) => tf.tensor(u("nn/drop", shape), shape);
  assert.equal(dropout(x, 0.25, INFERENCE), x);
  assert.equal(dropout(x, 0, { training: true, uniform }), x);
  const kept = u("nn/drop", [1000]);
  close(
    dropout(x, 0.25, { training: true, uniform }),
    Array.from(kept, (value) => value >= 0.25 ? 4 / 3 : 0),
  );
});

Deno.test("inverseSigmoid() saturates at the golden values", () => {
  const x = tf.tensor1d([0, 0.25, 1, -3, 2]);
  close(inverseSigmoid(x), [
    -11.512925,
    -1.098612,
    11.512925,
    -11.512925,
    11.512925,
  ], 2e-5);
});

Deno.test("mergeParams() refuses two parts of one name", () => {
  const [a, b] = [linear("a", 1, 1), layerNorm("b", 1)];
  assert.deepEqual(Object.keys(mergeParams(a, b.params)), [
    "a.weight",
    "a.bias",
    "b.weight",
    "b.bias",
  ]);
  assert.throws(
    () => mergeParams(a, a),
    /Two parts claim the parameter "a.weight"/,
  );
});
