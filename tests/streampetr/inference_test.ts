import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { initialize } from "../../models/init.ts";
import type { Tensors } from "../../models/module.ts";
import {
  inferenceStep,
  stepShapes,
} from "../../models/streampetr/inference.ts";
import { useTensorFlow } from "../support/backend.ts";
import { TINY, tinyInputs, tinyParts } from "./tiny.ts";

const engine = await useTensorFlow();
const { detector } = tinyParts(TINY);
const params: Tensors = Object.fromEntries(
  Object.entries(initialize(detector.params, 4)).map((
    [name, { data, shape }],
  ) => [name, tf.tensor(data, shape)]),
);
const { imageHeight: height, imageWidth: width } = TINY.head;
const shapes = stepShapes(TINY.head, { height, width }, 2, 2);
const step = inferenceStep(detector, params);

/** Inputs of a first frame. */
function first(): Tensors {
  const inputs = tinyInputs(TINY);
  return Object.fromEntries(
    Object.keys(shapes).map((name) => [name, inputs[name]!]),
  );
}

/** Inputs of the frame after one that gave `outputs`. */
function after(outputs: Tensors): Tensors {
  const next = { ...first(), prevExists: tf.ones([2]) };
  for (const [name, x] of Object.entries(outputs)) {
    const field = name.match(/^next\.(.*)/)?.[1];
    if (field) next[`memory.${field}` as keyof typeof next] = x;
  }
  return next;
}

/** The step as a recorded function of inputs and parameters. */
function recorded() {
  const weights = Object.entries(params)
    .map(([name, x]) => [`weight ${name}`, x] as const);
  const specs = {
    ...shapes,
    ...Object.fromEntries(weights.map(([n, { shape }]) => [n, { shape }])),
  };
  const run = engine.compile((all) => {
    const given = Object.fromEntries(
      weights.map(([name]) => [name.slice("weight ".length), all[name]!]),
    );
    return inferenceStep(detector, given)(all);
  }, specs);
  return (inputs: Tensors) =>
    run.run({ ...inputs, ...Object.fromEntries(weights) });
}

Deno.test("the recorded step gives what the step gives, frame by frame", () => {
  const run = recorded();
  let [a, b] = [first(), first()];
  for (let k = 0; k < 3; k++) {
    const [expected, actual] = [step(a), run(b)];
    for (const [name, x] of Object.entries(expected)) {
      const [one, other] = [x.dataSync(), actual[name]!.dataSync()];
      assert.equal(one.length, other.length);
      one.forEach((value, i) =>
        assert.ok(
          Math.abs(value - other[i]!) <= 1e-4,
          `frame ${k}: ${name}[${i}] is ${other[i]}, expected ${value}`,
        )
      );
    }
    [a, b] = [after(expected), after(actual)];
  }
});

Deno.test("a frame of NaN does not spoil the stream", () => {
  const run = recorded();
  const broken = { ...first(), images: tf.fill(shapes.images!.shape, NaN) };
  const outputs = run(after(run(broken)));
  for (const [name, x] of Object.entries(outputs)) {
    assert.ok((x.dataSync() as Float32Array).every(Number.isFinite), name);
  }
});

Deno.test("prevExists = 0 forgets what was remembered", () => {
  const outputs = step(after(step(first())));
  const fresh = step({ ...after(outputs), prevExists: tf.zeros([2]) });
  const expected = step(first()).boxCodes!.dataSync();
  fresh.boxCodes!.dataSync().forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]!) < 1e-5)
  );
  const continued = step(after(outputs)).boxCodes!.dataSync();
  assert.ok(continued.some((x, i) => Math.abs(x - expected[i]!) > 1e-2));
});
