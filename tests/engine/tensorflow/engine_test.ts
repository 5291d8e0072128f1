/** Values to the device and back, random numbers, gradients, threads. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  gradients,
  startTensorFlow,
  statelessUniform,
} from "../../../engine/tensorflow/mod.ts";
import { configProto } from "../../../engine/tensorflow/context.ts";
import { useTensorFlow } from "../../support/backend.ts";

const engine = await useTensorFlow();

Deno.test("a second start gives the same engine and tells of its library", async () => {
  const heard: string[] = [];
  const again = await startTensorFlow({
    onEvent: (event) => {
      if (event.type === "found") heard.push(event.library.path);
    },
  });
  assert.equal(again, engine);
  assert.deepEqual(heard, [engine.describe().library.path]);
  assert.equal(tf.getBackend(), "tensorflow");
});

Deno.test("describe() says what the engine runs on", () => {
  const { version, library, device, devices, warnings } = engine.describe();
  assert.match(version, /^2\.\d+\.\d+/);
  assert.ok(Deno.statSync(library.path).isFile);
  assert.equal(device.kind, engine.device);
  assert.match(devices[0]!.name, /CPU:0$/);
  assert.ok(Array.isArray(warnings));
});

Deno.test("tensor() copies at once, and bytes become any type", async () => {
  const numbers = Float32Array.of(1.5, -2, 3);
  const t = engine.tensor(numbers, [3]);
  numbers.fill(9);
  assert.deepEqual(await engine.read(t), Float32Array.of(1.5, -2, 3));
  const bytes = Uint8Array.of(0, 255, 7, 1);
  const as = (dtype: "float32" | "int32" | "bool") =>
    engine.readSync(engine.tensor(bytes, [2, 2], dtype));
  assert.deepEqual(as("float32"), Float32Array.of(0, 255, 7, 1));
  assert.deepEqual(as("int32"), Int32Array.of(0, 255, 7, 1));
  assert.equal(engine.tensor(Uint8Array.of(0, 1), [2], "bool").dtype, "bool");
  assert.equal(engine.tensor(Int32Array.of(4), []).dtype, "int32");
  assert.throws(
    () => engine.tensor(numbers, [3], "int32"),
    /int32 tensor from a Float32Array/,
  );
  assert.throws(
    () => engine.tensor(numbers, [2]),
    /shape \[2\] from 3 numbers/,
  );
});

Deno.test("read() gives the value although the tensor is disposed meanwhile", async () => {
  const before = engine.tensors();
  const t = tf.mul(engine.tensor(Float32Array.of(1, 2), [2]), 2);
  const reading = engine.read(t);
  t.dispose();
  assert.deepEqual(await reading, Float32Array.of(2, 4));
  assert.ok(engine.tensors() <= before + 2);
});

Deno.test("tensors without elements", () => {
  const t = tf.concat([tf.zeros([0, 3]), tf.zeros([0, 3])]);
  assert.deepEqual(t.shape, [0, 3]);
  assert.deepEqual(t.dataSync(), new Float32Array(0));
});

Deno.test("an error of TensorFlow's names what is wrong", () => {
  const indices = tf.tensor1d([9], "int32");
  assert.throws(
    () => tf.gather(tf.zeros([3]), indices).dataSync(),
    /indices\[0\] = 9 is not in \[0, 3\)/,
  );
});

Deno.test("uniform numbers depend on shape and seed alone", () => {
  const draw = (a: number, b: number) =>
    statelessUniform([1000], tf.tensor1d([a, b], "int32")).dataSync();
  const first = draw(1, 2);
  assert.deepEqual(draw(1, 2), first);
  assert.notDeepEqual(draw(1, 3), first);
  assert.ok((first as Float32Array).every((x) => x >= 0 && x < 1));
  const mean = (first as Float32Array).reduce((a, b) => a + b) / 1000;
  assert.ok(Math.abs(mean - 0.5) < 0.05, `mean ${mean}`);
  const f = engine.compile(
    ({ seed }) => ({ u: engine.statelessUniform([1000], seed!) }),
    { seed: { shape: [2], dtype: "int32" } },
  );
  const run = (a: number, b: number) =>
    f.run({ seed: tf.tensor1d([a, b], "int32") }).u!.dataSync();
  assert.deepEqual(run(1, 2), first);
  assert.deepEqual(run(1, 3), draw(1, 3));
  assert.throws(
    () => statelessUniform([1], tf.tensor1d([1, 2])),
    /The seed is float32 \[2\], expected int32 \[2\]/,
  );
});

Deno.test("gradients() gives zeros where a parameter does not matter", () => {
  const a = tf.tensor1d([1, 2]);
  const b = tf.tensor2d([[1, 2, 3]]);
  const { value, grads } = gradients(
    ({ a }) => tf.sum(tf.square(a!)) as tf.Scalar,
    { a, b },
  );
  assert.deepEqual([...value.dataSync()], [5]);
  assert.deepEqual([...grads.a!.dataSync()], [2, 4]);
  assert.deepEqual(grads.b!.shape, [1, 3]);
  assert.deepEqual([...grads.b!.dataSync()], [0, 0, 0]);
  const none = gradients(() => tf.scalar(3), { a });
  assert.deepEqual([...none.grads.a!.dataSync()], [0, 0]);
});

Deno.test("threads travel in the configuration, also above 127", () => {
  const growth = [0x32, 2, 0x20, 1];
  assert.deepEqual([...configProto(0)], growth);
  assert.deepEqual([...configProto(2)], [0x10, 2, 0x28, 2, ...growth]);
  assert.deepEqual(
    [...configProto(300)],
    [0x10, 0xac, 2, 0x28, 0xac, 2, ...growth],
  );
});

Deno.test("eager operations leave no values behind", () => {
  const x = engine.tensor(new Float32Array(600), [10, 20, 3]);
  const before = engine.tensors();
  for (let i = 0; i < 200; i++) {
    tf.tidy(() => {
      const y = tf.slice(x, [0, 1, 0], [10, 4, 3]);
      tf.softmax(tf.add(tf.reshape(y, [10, 12]), 1)).dataSync();
    });
  }
  assert.equal(engine.tensors(), before);
});
