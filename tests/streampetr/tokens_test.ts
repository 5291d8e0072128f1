import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE } from "../../models/module.ts";
import { random } from "../../models/random.ts";
import { differentiate } from "../../models/streampetr/training/differentiate.ts";
import { drawsOf, prepareStep } from "../../models/streampetr/training/host.ts";
import type { Memory } from "../../models/streampetr/types.ts";
import { useTensorFlow } from "../support/backend.ts";
import { asTensors, targetsOf } from "./support.ts";
import { TINY, tinyInputs, tinyParts, tinySamples, tinyStep } from "./tiny.ts";

await useTensorFlow();

Deno.test("the order of tokens changes nothing, leaving some out does", () => {
  const { detector } = tinyParts(TINY);
  const { params } = tinyStep(TINY);
  const inputs = tinyInputs(TINY);
  const memory = Object.fromEntries(
    Object.entries(inputs).filter(([name]) => name.startsWith("memory."))
      .map(([name, x]) => [name.slice(7), x]),
  ) as unknown as Memory;
  const frame = inputs as never;
  const features = detector.features(params, frame, INFERENCE);
  const scores = (tokens: tf.Tensor2D | null) =>
    detector.detect(params, features, frame, memory, null, INFERENCE, tokens)
      .predictions.classScores.dataSync();
  const turned = Array.from({ length: 16 }, (_, i) => (i * 5 + 3) % 16);
  const all = scores(null);
  const permuted = scores(
    tf.tensor2d([turned, turned.toReversed()], [2, 16], "int32"),
  );
  const some = scores(tf.tensor2d([[1, 2], [3, 4]], [2, 2], "int32"));
  const distance = (other: ArrayLike<number>) =>
    Math.max(...all.map((value, i) => Math.abs(value - other[i]!)));
  assert.ok(distance(permuted) <= 1e-5);
  assert.ok(distance(some) > 1e-4);
});

Deno.test("a step with half of the tokens has gradients", () => {
  const config = { ...TINY, focal: { ...TINY.focal!, trainRatio: 0.5 } };
  const { step, params } = tinyStep(config);
  const samples = tinySamples();
  const prepared = prepareStep(config, samples, drawsOf(random(1)));
  const inputs = {
    ...tinyInputs(config),
    ...asTensors(config, prepared.inputs),
  };
  const pass = { training: true };
  const { outputs } = step.forward(params, inputs, pass);
  const wanted = targetsOf(config, outputs, samples, prepared);
  const targets = asTensors(config, wanted);
  const { gradients } = differentiate(step, params, inputs, targets, pass);
  for (const [name, gradient] of Object.entries(gradients)) {
    assert.ok(gradient.dataSync().every(Number.isFinite), name);
  }
  const first = gradients["img_backbone.conv1.weight"]!.dataSync();
  assert.ok(first.some((value) => value !== 0));
});
