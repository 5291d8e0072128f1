import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { memoryFields, type Tensors } from "../../models/mod.ts";
import { exportedOf } from "../../stages/export/compare.ts";
import { Follower } from "../../stages/export/follow.ts";
import { streamFrames } from "../../stages/infer/stream.ts";
import { framesOf } from "../../stages/shared/dataset.ts";
import { frameConfig } from "../../stages/train/artifact.ts";
import { headConfig } from "../../stages/train/build.ts";
import { useTensorFlow } from "../support/backend.ts";
import { tinySettings, tinyWorld } from "../support/stages.ts";

await useTensorFlow();
const inputs = await tinyWorld(await Deno.makeTempDir());
const { model, image } = tinySettings();
const head = headConfig(model, image);
const infos = (await framesOf(inputs.data, "val")).slice(0, 2);

/** Scores that swing by `gain` with the pixels; the memory stays. */
function network(gain: number, error = 0) {
  return (given: Tensors): Tensors => {
    const { queries, propagated, classes } = head;
    const pixel = given.images!.flatten().slice(0, 1);
    const score = tf.sin(pixel.add(1).mul(gain)).add(2 + error);
    const shape = [1, queries + propagated, classes];
    const memory = memoryFields(head).map((
      field,
    ) => [`next.${field}`, given[`memory.${field}`]!.clone()]);
    return {
      classScores: tf.ones(shape).mul(score),
      boxCodes: tf.ones([1, queries + propagated, 10]),
      ...Object.fromEntries(memory),
    };
  };
}

/** Follows an export whose scores are wrong by `error`. */
async function follow(gain: number, error: number) {
  const wrong = network(gain, error);
  let given: Tensors = {};
  const trained = (inputs: Tensors) => network(gain)(given = inputs);
  const runner = {
    step: () => Promise.resolve(exportedOf(wrong(given), head)),
  };
  const follower = new Follower(trained, runner, head, image);
  const frames = streamFrames(
    infos,
    `${inputs.dataset}/root`,
    frameConfig(image, model),
  );
  const all = [];
  for await (const frame of frames) all.push(await follower.step(frame, 1e-4));
  follower.dispose();
  const refused = all.some((apart) => !(apart.difference <= apart.allowed));
  return { refused, rounded: follower.rounded, worst: follower.worst };
}

Deno.test("a difference within the tolerance is none", async () => {
  const { refused, rounded, worst } = await follow(1, 1e-5);
  assert.deepEqual([refused, rounded], [false, 0]);
  assert.ok(worst > 1e-6);
});

Deno.test("a larger one is refused where the network itself is steady", async () => {
  assert.equal((await follow(1, 1e-3)).refused, true);
});

Deno.test("it is rounding where last bits of pixels move the network as far", async () => {
  const { refused, rounded } = await follow(2000, 1e-3);
  assert.deepEqual([refused, rounded > 0], [false, true]);
  assert.equal((await follow(2000, 0.1)).refused, true);
});
