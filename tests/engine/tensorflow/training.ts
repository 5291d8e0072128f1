/**
 * Trains a small network in halves, as a program of its own, and prints a hash
 * of the weights' bits: whether two runs agree, and what reaches stderr.
 * @module
 */
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import {
  gradients,
  startTensorFlow,
  type Tensors,
} from "../../../engine/tensorflow/mod.ts";
import { random } from "../../../models/mod.ts";

const STEPS = 4;
const engine = await startTensorFlow({ threads: 2 });
const rng = random("training");

function draw(shape: number[], scale: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return engine.tensor(
    Float32Array.from({ length: size }, () => scale * (rng.uniform() - 0.5)),
    shape,
  );
}

function network(x: tf.Tensor, w: Tensors): tf.Tensor {
  const conv = (x: tf.Tensor, filter: tf.Tensor, stride: number) =>
    tf.relu(
      tf.conv2d(
        x as tf.Tensor4D,
        filter as tf.Tensor4D,
        stride,
        [[0, 0], [1, 1], [1, 1], [0, 0]],
      ),
    );
  const features = conv(conv(x, w.first!, 2), w.second!, 1);
  const tokens = tf.reshape(features, [-1, 32]);
  const attention = tf.softmax(tf.matMul(tokens, tokens, false, true));
  return tf.matMul(tf.matMul(attention, tokens), w.last!);
}

let weights: Tensors = {
  first: draw([3, 3, 3, 32], 0.5),
  second: draw([3, 3, 32, 32], 0.2),
  last: draw([32, 10], 0.3),
};
const x = draw([2, 64, 96, 3], 2);
const target = draw([2 * 32 * 48, 10], 2);
const specs = Object.fromEntries(
  Object.entries({ x, target, ...weights })
    .map(([name, { shape }]) => [name, { shape }]),
);
const step = engine.compileSplit(
  ({ x, target, ...w }) => {
    let logits: tf.Tensor;
    const { value, grads } = gradients((w) => {
      logits = tf.keep(network(x!, w));
      return tf.mean(tf.squaredDifference(logits, target!)) as tf.Scalar;
    }, w);
    const late: Tensors = { value };
    for (const name in w) {
      late[name] = tf.sub(w[name]!, tf.mul(grads[name]!, 0.5));
    }
    return { early: { logits: logits! }, late };
  },
  specs,
  ["target"],
);

const losses: number[] = [];
for (let i = 0; i < STEPS; i++) {
  const { outputs, saved } = step.early({ x, ...weights });
  const { value, ...next } = step.late(saved, { x, target, ...weights });
  losses.push(value!.dataSync()[0]!);
  tf.dispose([outputs, value!, weights]);
  weights = next;
}
const hash = createHash("sha256");
for (const weight of Object.values(weights)) {
  hash.update(new Uint8Array((weight.dataSync() as Float32Array).buffer));
}
console.log(JSON.stringify({ losses, hash: hash.digest("hex") }));
