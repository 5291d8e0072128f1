import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../../models/module.ts";
import { batchNorm } from "../../models/nn/mod.ts";
import { resnet } from "../../models/resnet.ts";
import { vovnet } from "../../models/vovnet.ts";
import { useTensorFlow } from "../support/backend.ts";

await useTensorFlow();

const values = (count: number, seed: number) =>
  Array.from(
    { length: count },
    (_, i) => Math.sin(7.3 * i + seed) * (1 + seed),
  );

/** Largest difference of two tensors. */
function difference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

const NORM = batchNorm("bn", 3, { mode: "train", momentum: 0.1 });
const PARAMS = {
  "bn.weight": tf.tensor1d([1, 2, 0.5]),
  "bn.bias": tf.tensor1d([0, 0.1, -0.3]),
  "bn.running_mean": tf.zeros([3]),
  "bn.running_var": tf.ones([3]),
};

/** Two processes in one: each knows the other's statistics. */
function together(a: tf.Tensor4D, b: tf.Tensor4D, updates: Pass["updates"]) {
  const own = (x: tf.Tensor4D) =>
    tf.stack([
      tf.mean(x, [0, 1, 2]),
      tf.mean(tf.square(x), [0, 1, 2]),
    ]);
  const run = (x: tf.Tensor4D, other: tf.Tensor4D) =>
    NORM.forward(PARAMS, x, {
      training: true,
      updates,
      synchronize: {
        processes: 2,
        mean: (statistics) => tf.div(tf.add(statistics, own(other)), 2),
      },
    });
  return tf.concat([run(a, b), run(b, a)]) as tf.Tensor4D;
}

Deno.test("batch norms that share statistics equal one of the whole batch", () => {
  const weight = tf.tensor4d(values(4 * 5 * 2 * 3, 9), [4, 5, 2, 3]);
  const x = tf.tensor4d(values(4 * 5 * 2 * 3, 0.4), [4, 5, 2, 3]);
  const kept = { whole: new Map(), parts: new Map() };
  const loss = (y: tf.Tensor) =>
    tf.sum<tf.Scalar>(tf.mul(tf.square(y), weight));
  const whole = tf.valueAndGrad((x: tf.Tensor) =>
    loss(NORM.forward(PARAMS, x as tf.Tensor4D, {
      training: true,
      updates: kept.whole,
    }))
  )(x);
  const parts = tf.valueAndGrad((x: tf.Tensor) => {
    const [a, b] = tf.split(x, 2) as tf.Tensor4D[];
    return loss(together(a!, b!, kept.parts));
  })(x);
  assert.ok(difference(whole.value, parts.value) < 1e-4);
  assert.ok(difference(whole.grad, parts.grad) < 1e-4);
  assert.deepEqual([...kept.whole.keys()], [...kept.parts.keys()]);
  for (const [name, value] of kept.whole) {
    assert.ok(difference(value, kept.parts.get(name)) < 1e-6, name);
  }
});

Deno.test("statistics of the batch can be used with fixed scales", () => {
  const norm = batchNorm("bn", 3, { mode: "statistics" });
  assert.equal(norm.params["bn.weight"]!.trainable, false);
  const x = tf.tensor4d(values(24, 2), [2, 2, 2, 3]);
  const pass = { training: true, updates: new Map() };
  const y = norm.forward(PARAMS, x, pass);
  assert.equal(difference(y, NORM.forward(PARAMS, x, pass)), 0);
  assert.equal(pass.updates.size, 2);
});

/** Names of the trained parameters, up to the block. */
function trained(params: Record<string, { trainable: boolean }>): Set<string> {
  const names = Object.keys(params).filter((name) => params[name]!.trainable);
  return new Set(names.map((name) => name.split(".").slice(1, 2).join(".")));
}

Deno.test("frozen stages follow mmdet's and VoVNet's numbering", () => {
  const norm = { mode: "train" } as const;
  const layers = (frozenStages: number) =>
    trained(resnet({ name: "b", depth: 18, norm, frozenStages }).params);
  assert.deepEqual(
    layers(-1),
    new Set(["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"]),
  );
  assert.deepEqual(
    layers(0),
    new Set(["layer1", "layer2", "layer3", "layer4"]),
  );
  assert.deepEqual(layers(3), new Set(["layer4"]));
  const stages = (frozenStages: number) =>
    trained(vovnet({ name: "b", norm, frozenStages }).params);
  assert.deepEqual(
    stages(-1),
    new Set(["stem", "stage2", "stage3", "stage4", "stage5"]),
  );
  assert.deepEqual(
    stages(0),
    new Set(["stage2", "stage3", "stage4", "stage5"]),
  );
  assert.deepEqual(stages(2), new Set(["stage4", "stage5"]));
});

Deno.test("norms of frozen stages keep their statistics", () => {
  const part = resnet({
    name: "b",
    depth: 18,
    width: 2,
    outIndices: [1],
    norm: { mode: "train" },
    frozenStages: 1,
  });
  const params = Object.fromEntries(
    Object.entries(part.params).map(([name, { shape }]) => {
      const [o, i, h, w] = shape as [number, number, number, number];
      const memory = shape.length === 4 ? [h, w, i, o] : [...shape];
      return [name, tf.fill(memory, 0.5)];
    }),
  );
  const updates = new Map<string, tf.Tensor>();
  const images = tf.tensor4d(values(2 * 32 * 32 * 3, 1), [2, 32, 32, 3]);
  part.forward(params, images, { training: true, updates });
  const moved = new Set([...updates.keys()].map((name) => name.slice(0, 8)));
  assert.deepEqual(moved, new Set(["b.layer2"]));
});
