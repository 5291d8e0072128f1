/** Weights that live on TensorFlow are copied into the model and stay there. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { exportOnnx, openSession } from "../../../engine/onnx/mod.ts";
import { useTensorFlow } from "../../support/backend.ts";
import { errorOf, random } from "./support.ts";

Deno.test("weights on the TensorFlow backend are exported and stay", async () => {
  const engine = await useTensorFlow();
  void tf.setBackend("tensorflow");
  const data = random([4, 3], 7).data as Float32Array;
  const weight = tf.tensor2d(data, [4, 3]);
  // TensorFlow shares the storage of a reshaped tensor.
  const flat = tf.reshape(weight, [12]);
  const fn = ({ x }: Record<string, tf.Tensor>) => ({
    y: tf.add(tf.matMul(x, weight), tf.sum(tf.square(flat))),
  });
  const x = random([2, 4], 3);
  const expected = tf.tidy(() => {
    const { y } = fn({ x: tf.tensor(x.data as Float32Array, [2, 4]) });
    return { data: y.dataSync() as Float32Array, shape: y.shape };
  });
  const before = { held: engine.tensors(), known: tf.memory().numTensors };
  const bytes = exportOnnx(fn, { x: { shape: [2, 4] } });
  assert.equal(tf.getBackend(), "tensorflow");
  assert.deepEqual(
    { held: engine.tensors(), known: tf.memory().numTensors },
    before,
  );
  const session = await openSession(bytes, { threads: 1 });
  const { y } = await session.run({ x });
  assert.ok(errorOf(y, expected) < 1e-6);
  await session.close();
  // Still usable where it was.
  assert.deepEqual(weight.dataSync(), data);
  tf.dispose([weight, flat]);
});
