import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE } from "../../models/module.ts";
import { random } from "../../models/random.ts";
import { differentiate } from "../../models/streampetr/training/differentiate.ts";
import {
  completeTargets,
  drawsOf,
  matchStep,
  prepareStep,
} from "../../models/streampetr/training/host.ts";
import type { Memory } from "../../models/streampetr/types.ts";
import { R50_704 } from "../../models/streampetr/config.ts";
import { tokenEncoder } from "../../models/streampetr/position.ts";
import { inverseAffine } from "../../nusc/loader/mod.ts";
import { goldenParams, openGolden } from "../support/golden.ts";
import { useTensorFlow } from "../support/backend.ts";
import { asTensors, readAll } from "./support.ts";
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
  const matched = matchStep(
    config,
    readAll(outputs),
    samples,
    prepared.denoising,
  );
  const targets = asTensors(config, completeTargets(config, matched));
  const { gradients } = differentiate(step, params, inputs, targets, pass);
  for (const [name, gradient] of Object.entries(gradients)) {
    assert.ok(gradient.dataSync().every(Number.isFinite), name);
  }
  const first = gradients["img_backbone.conv1.weight"]!.dataSync();
  assert.ok(first.some((value) => value !== 0));
});

Deno.test("chosen tokens have the reference's cone and position code", async () => {
  const golden = await openGolden("unit_position_embeding");
  const config = { ...R50_704, imageHeight: 128, imageWidth: 352 };
  const encoder = tokenEncoder(config);
  const array = (key: string) => {
    const { data, shape } = golden.array(key);
    return { data: data as Float32Array, shape };
  };
  const matrices = array("lidar2img").data;
  const inverses = Array.from(
    { length: 12 },
    (
      _,
      i,
    ) => [
      ...inverseAffine(
        Float64Array.from(matrices.subarray(16 * i, 16 * i + 16)),
      ),
    ],
  );
  const K = array("intrinsics").data;
  const focal = Array.from(
    { length: 12 },
    (_, i) => [K[16 * i]!, K[16 * i + 5]!],
  );
  const frame = {
    lidarFromImage: tf.tensor(inverses.flat(), [2, 6, 4, 4]),
    focal: tf.tensor(focal.flat(), [2, 6, 2]),
  } as never;
  const indices = golden.array("topk_indexes");
  const tokens = tf.tensor2d(
    indices.data as Int32Array,
    [2, indices.shape[1]!],
    "int32",
  );
  const params = goldenParams(encoder.params);
  const features = tf.zeros([2, 6, 8, 22, 256]);
  const { debug } = encoder.forward(params, features, frame, tokens);
  golden.check("cone_topk", debug.cone!, 1e-5);
  golden.check("coords_position_embeding_topk", debug.posEmbed!, 3e-4);
});
