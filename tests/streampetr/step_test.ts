import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE, type Pass, type Tensors } from "../../models/module.ts";
import { adamw, zeroMoments } from "../../models/optim/adamw.ts";
import { random } from "../../models/random.ts";
import { differentiate } from "../../models/streampetr/training/differentiate.ts";
import {
  completeTargets,
  type Counts,
  drawsOf,
  matchStep,
  prepareStep,
  type Sample,
} from "../../models/streampetr/training/host.ts";
import { termNames } from "../../models/streampetr/training/names.ts";
import {
  inputSpecs,
  type StepConfig,
  targetSpecs,
} from "../../models/streampetr/training/spec.ts";
import { trainStep } from "../../models/streampetr/training/step.ts";
import { useTensorFlow } from "../support/backend.ts";
import { asTensors, readAll, targetsOf } from "./support.ts";
import { TINY, tinyInputs, tinyParts, tinySamples, tinyStep } from "./tiny.ts";

const engine = await useTensorFlow();
const TRAINING: Pass = { training: true };

/** Terms by name, and gradients, of one step without recording it. */
function runOnce(config: StepConfig, samples: Sample[], pass = TRAINING) {
  const { step, params } = tinyStep(config);
  const prepared = prepareStep(config, samples, drawsOf(random("step")));
  const inputs = {
    ...tinyInputs(config),
    ...asTensors(config, prepared.inputs),
  };
  const { outputs } = step.forward(params, inputs, pass);
  const targets = targetsOf(config, outputs, samples, prepared);
  const given = asTensors(config, targets);
  const out = differentiate(step, params, inputs, given, pass);
  const values = out.terms.dataSync();
  const terms = termNames(config).map((name, i) => [name, values[i]!] as const);
  return {
    terms: Object.fromEntries(terms),
    total: out.total.dataSync()[0]!,
    gradients: readAll(out.gradients),
    targets,
    outputs: out.outputs,
  };
}

function close(actual: number, expected: number, bound = 1e-5) {
  const error = Math.abs(actual - expected);
  assert.ok(
    error <= bound * Math.max(1, Math.abs(expected)),
    `${actual}, expected ${expected}`,
  );
}

function below(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
      .map(([name, x]) => [name.slice(prefix.length), x]),
  );
}

/** Records the tiny step; trained parameters go in as `param.*`. */
function record() {
  const { step, params } = tinyStep(TINY);
  const first = Object.fromEntries(
    Object.keys(params).filter((name) => step.params[name]!.trainable)
      .map((name) => [`param.${name}`, params[name]!]),
  );
  const state = Object.entries(first).map(([name, { shape }]) => [
    name,
    { shape },
  ]);
  const targets = targetSpecs(TINY);
  const compiled = engine.compileSplit(
    (inputs) => {
      const own = { ...params, ...below("param.", inputs) };
      const out = differentiate(step, own, inputs, inputs, TRAINING);
      const next = adamw(
        own,
        out.gradients,
        zeroMoments(out.gradients),
        tf.scalar(2e-3),
        tf.scalar(1),
        { weightDecay: 0 },
      );
      const late = { total: out.total, ...next.params };
      return { early: out.outputs, late };
    },
    { ...inputSpecs(TINY), ...targets, ...Object.fromEntries(state) },
    Object.keys(targets),
  );
  return { compiled, first };
}

Deno.test("a recorded step learns a batch by heart", () => {
  const samples = tinySamples();
  const { compiled, first } = record();
  let current = first;
  const losses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const draws = drawsOf(random("the same draws"));
    const { inputs: drawn, denoising } = prepareStep(TINY, samples, draws);
    const inputs = {
      ...tinyInputs(TINY),
      ...asTensors(TINY, drawn),
      ...current,
    };
    const { outputs, saved } = compiled.early(inputs);
    const matched = matchStep(TINY, readAll(outputs), samples, denoising);
    const targets = asTensors(TINY, completeTargets(TINY, matched));
    const late = compiled.late(saved, { ...inputs, ...targets });
    const { total, ...next } = late;
    losses.push(total!.dataSync()[0]!);
    current = Object.fromEntries(
      Object.entries(next).map(([name, x]) => [`param.${name}`, x]),
    );
  }
  compiled.dispose();
  assert.ok(losses.at(-1)! < 0.7 * losses[0]!, `losses ${losses}`);
});

Deno.test("the terms add up to the total", () => {
  const { terms, total } = runOnce(TINY, tinySamples());
  const sum = Object.values(terms).reduce((a, b) => a + b);
  close(sum, total);
  assert.ok(Object.values(terms).every((value) => value > 0));
});

Deno.test("the bucket's size changes neither terms nor gradients", () => {
  const [small, large] = [3, 9].map((bucket) =>
    runOnce(
      { ...TINY, denoising: { ...TINY.denoising!, bucket } },
      tinySamples(),
    )
  );
  for (const [name, value] of Object.entries(small!.terms)) {
    close(large!.terms[name]!, value);
  }
  for (const [name, gradient] of Object.entries(small!.gradients)) {
    const norm = Math.hypot(...gradient);
    const other = large!.gradients[name]!;
    const distance = Math.hypot(...gradient.map((g, i) => g - other[i]!));
    assert.ok(
      distance <= 1e-3 * norm + 1e-6,
      `${name}: ${distance} of ${norm}`,
    );
  }
});

Deno.test("without any object denoising terms repeat the ordinary ones", () => {
  const none = { boxes: [], labels: [], centers: [] };
  const empty = { labels: none, labels2d: [none, none] };
  const { terms, total, gradients } = runOnce(TINY, [empty, empty]);
  assert.ok(Number.isFinite(total));
  assert.equal(terms.dn_loss_cls, terms.loss_cls);
  assert.equal(terms["d0.dn_loss_cls"], terms["d0.loss_cls"]);
  assert.equal(terms.loss_bbox, 0);
  for (const [name, gradient] of Object.entries(gradients)) {
    assert.ok(gradient.every(Number.isFinite), name);
  }
});

Deno.test("denoising and the 2D head can be left out", () => {
  const config = { ...TINY, denoising: null, focal: null, gridMask: 0 };
  const { terms, targets } = runOnce(config, tinySamples());
  assert.deepEqual(Object.keys(terms), [
    "loss_cls",
    "loss_bbox",
    "d0.loss_cls",
    "d0.loss_bbox",
  ]);
  assert.ok(Object.keys(targets).every((name) => name.startsWith("matched.")));
});

Deno.test("the grid mask hides pixels from the network", () => {
  const { step, params } = tinyStep(TINY);
  const shape = inputSpecs(TINY).gridMask!.shape;
  const prepared = prepareStep(
    { ...TINY, gridMask: 0 },
    tinySamples(),
    drawsOf(random(1)),
  );
  const features = (images: (x: tf.Tensor) => tf.Tensor, mask: tf.Tensor) => {
    const inputs = tinyInputs(TINY);
    const drawn = asTensors(TINY, prepared.inputs);
    return step.forward(params, {
      ...inputs,
      ...drawn,
      images: images(inputs.images!),
      gridMask: mask,
    }, INFERENCE).outputs.classScores!.dataSync();
  };
  const same = (x: tf.Tensor) => x;
  const dark = features(tf.zerosLike, tf.ones(shape));
  assert.deepEqual(features(same, tf.zeros(shape)), dark);
  assert.notDeepEqual(features(same, tf.ones(shape)), dark);
});

Deno.test("new running statistics are among the outputs", () => {
  const pass: Pass = { training: true, updates: new Map() };
  const { outputs } = runOnce(TINY, tinySamples(), pass);
  const name = "updates.img_backbone.bn1.running_mean";
  assert.deepEqual(outputs[name]!.shape, [8]);
});

Deno.test("divisors follow this process or all of them, as the reference's", () => {
  const counts: Counts = { matched: 3, denoising: 30, focal: 0 };
  const arrays = Object.fromEntries(
    Object.entries(targetSpecs(TINY)).filter(([name]) => !/Norm$/.test(name))
      .map(([name, { shape }]) => [
        name,
        new Float32Array(shape.reduce((a, b) => a * b, 1)),
      ]),
  );
  const mean: Counts = { matched: 5, denoising: 40, focal: 2 };
  const targets = completeTargets(TINY, { arrays, counts }, mean);
  const norm = (name: string) => targets[name]![0]!;
  assert.equal(norm("matched.classNorm"), 3);
  assert.equal(norm("matched.boxNorm"), 5);
  close(norm("denoising.classNorm"), 30 * 3.14159 / 6 * 0.421875);
  assert.equal(norm("denoising.boxNorm"), 40);
  assert.equal(norm("focal.classNorm"), 1);
  assert.equal(norm("focal.overlapNorm"), 0);
  assert.equal(norm("focal.boxNorm"), 2);
});

Deno.test("a share of the tokens reaches a head that takes it", () => {
  const config = { ...TINY, focal: { ...TINY.focal!, trainRatio: 0.5 } };
  const { detector, focal } = tinyParts(config);
  let seen: tf.Tensor2D | null | undefined;
  const { detect } = detector;
  const parts = {
    focal,
    detector: {
      ...detector,
      detect(
        params: Parameters<typeof detect>[0],
        features: Parameters<typeof detect>[1],
        frame: Parameters<typeof detect>[2],
        memory: Parameters<typeof detect>[3],
        denoising: Parameters<typeof detect>[4],
        pass: Parameters<typeof detect>[5],
        tokens?: tf.Tensor2D | null,
      ) {
        seen = tokens;
        return detect(params, features, frame, memory, denoising, pass);
      },
    },
  };
  const step = trainStep(config, parts);
  const { params } = tinyStep(TINY);
  const prepared = prepareStep(config, tinySamples(), drawsOf(random(1)));
  const drawn = asTensors(config, prepared.inputs);
  step.forward(params, { ...tinyInputs(config), ...drawn }, INFERENCE);
  assert.deepEqual(seen!.shape, [2, 8]);
});
