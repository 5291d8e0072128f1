import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { initialize } from "../../models/init.ts";
import {
  INFERENCE,
  type Params,
  type ParamSpecs,
  type Tensors,
} from "../../models/module.ts";
import { type HeadConfig, R50_704 } from "../../models/streampetr/config.ts";
import { buildHead } from "../../models/streampetr/head.ts";
import { memoryOf } from "../../models/streampetr/inference.ts";
import type { FrameInputs } from "../../models/streampetr/types.ts";
import { useTensorFlow } from "../support/backend.ts";
import { goldenJson } from "../support/golden.ts";
import { TINY, tinyInputs } from "./tiny.ts";

await useTensorFlow();
const HEAD = TINY.head;

function tensors(specs: ParamSpecs, seed = 3): Tensors {
  return Object.fromEntries(
    Object.entries(initialize(specs, seed)).map((
      [name, { data, shape }],
    ) => [name, tf.tensor(data, shape)]),
  );
}

/** Two samples of a calm frame; the head is run on random features. */
function run(config: HeadConfig, change: Tensors = {}, params?: Params) {
  const head = buildHead(config);
  const inputs = { ...tinyInputs({ ...TINY, head: config }), ...change };
  const features = change.features ??
    tf.randomNormal([2, 2, 2, 4, config.embedDims], 0, 1, "float32", 5);
  return head.forward(
    params ?? tensors(head.params),
    features,
    inputs as unknown as FrameInputs,
    memoryOf(inputs),
    null,
    INFERENCE,
  );
}

Deno.test("names, shapes and aliases are those of the original", async () => {
  const { state_dict } = await goldenJson("full_params");
  const entry = (
    name: string,
    shape: readonly number[],
    trainable: boolean,
    alias: string | null,
  ) => `${name} [${shape}] ${trainable ? "trains" : "fixed"} ${alias ?? ""}`;
  const expected = state_dict
    .filter(({ name }: { name: string }) => name.startsWith("pts_bbox_head."))
    // deno-lint-ignore no-explicit-any -- a row of the JSON
    .map((x: any) => entry(x.name, x.shape, x.trainable, x.alias_of));
  const config = { ...R50_704, queries: 300, propagated: 128 };
  const specs = buildHead(config).params;
  const own = Object.entries(specs).flatMap((
    [name, { shape, trainable, aliases = [] }],
  ) => [
    entry(name, shape, trainable, null),
    ...aliases.map((alias) => entry(alias, shape, trainable, name)),
  ]);
  assert.deepEqual(own.sort(), expected.sort());
});

Deno.test("shared branches have six names, whatever the layers", () => {
  const { params } = buildHead(HEAD);
  const { aliases } = params["pts_bbox_head.reg_branches.0.4.bias"]!;
  const names = [1, 2, 3, 4, 5]
    .map((i) => `pts_bbox_head.reg_branches.${i}.4.bias`);
  assert.deepEqual(aliases, names);
});

Deno.test("first values: rare classes, plain norms, points in [0, 1]", () => {
  const values = initialize(buildHead(HEAD).params, 1);
  const of = (name: string) => [...values[`pts_bbox_head.${name}`]!.data];
  assert.ok(
    of("cls_branches.0.6.bias").every((x) => x === -Math.fround(Math.log(99))),
  );
  for (const part of ["spatial_alignment", "ego_pose_pe", "ego_pose_memory"]) {
    assert.ok(of(`${part}.gamma.weight`).every((x) => x === 0));
    assert.ok(of(`${part}.gamma.bias`).every((x) => x === 1));
    assert.ok(of(`${part}.beta.weight`).every((x) => x === 0));
    assert.ok(of(`${part}.beta.bias`).every((x) => x === 0));
  }
  for (const part of ["reference_points", "pseudo_reference_points"]) {
    const points = of(`${part}.weight`);
    assert.ok(points.every((x) => x >= 0 && x < 1));
    assert.ok(Math.max(...points) - Math.min(...points) > 0.5);
  }
  assert.deepEqual(of("code_weights"), [...HEAD.codeWeights]);
  assert.deepEqual(of("match_costs"), [...HEAD.codeWeights]);
});

Deno.test("a sample does not depend on its neighbour", () => {
  const features = tf.randomNormal([2, 2, 2, 4, 32], 0, 1, "float32", 5);
  const other = tf.concat([
    tf.slice(features, 0, 1),
    tf.mul(tf.slice(features, 1, 1), -2),
  ]);
  const first = (features: tf.Tensor) => {
    const { predictions, memory } = run(HEAD, { features });
    return [predictions.boxCodes, predictions.classScores]
      .map((x) => tf.slice(x, [0, 0], [HEAD.layers, 1]))
      .concat(tf.slice(memory.embedding, 0, 1))
      .flatMap((x) => [...x.dataSync()]);
  };
  const [a, b] = [first(features), first(other)];
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) < 1e-5));
});

Deno.test("content starts from nothing or from the position code", () => {
  // While modulation is at its start, nothing stays nothing.
  const zeros = run(HEAD).debug.queryContent!;
  const learned = tf.slice(zeros, [0, 0, 0], [2, HEAD.queries, 32]);
  assert.ok(learned.dataSync().every((x) => x === 0));
  const { debug } = run({ ...HEAD, queryContent: "position" });
  const content = tf.slice(debug.queryContent!, [0, 0, 0], [2, 12, 32]);
  const { mean, variance } = tf.moments(content, -1);
  assert.ok(Math.abs(mean.dataSync()[0]!) < 1e-5);
  assert.ok(Math.abs(variance.dataSync()[0]! - 1) < 1e-2);
});

Deno.test("NaN shows in training and is 0 in inference", () => {
  const head = buildHead(HEAD);
  const params = tensors(head.params);
  const features = tf.fill([2, 2, 2, 4, 32], NaN);
  const { predictions } = run(HEAD, { features }, params);
  assert.ok(
    (predictions.boxCodes.dataSync() as Float32Array).every(Number.isFinite),
  );
  const inputs = tinyInputs(TINY);
  const trained = head.forward(
    params,
    features,
    inputs as unknown as FrameInputs,
    memoryOf(inputs),
    null,
    { training: true },
  );
  assert.ok(trained.predictions.boxCodes.dataSync().every(Number.isNaN));
  const { embedding } = trained.memory;
  assert.ok((embedding.dataSync() as Float32Array).every(Number.isFinite));
});

Deno.test("sizes that do not fit are named", () => {
  const wrong: [Partial<HeadConfig>, RegExp][] = [
    [{ embedDims: 30 }, /embedDims is 30, expected a multiple of 4/],
    [{ heads: 3 }, /heads is 3, expected a divisor of 32/],
    [{ propagated: 9 }, /propagated is 9, expected at most memory, 8/],
    [{ topk: 17 }, /topk is 17, expected at most queries \+ propagated, 16/],
    [{ depthBins: 29 }, /depthBins is 29, expected at least 30/],
    [{ codeWeights: [1] }, /codeWeights is 1, expected 10 numbers/],
  ];
  for (const [change, message] of wrong) {
    assert.throws(() => buildHead({ ...HEAD, ...change }), message);
  }
});
