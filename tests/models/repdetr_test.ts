/** RepDETR3D as a whole: its parameters, training and export. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { exportOnnx, openSession } from "../../engine/onnx/mod.ts";
import { fpn } from "../../models/fpn.ts";
import { initialize } from "../../models/init.ts";
import type { ParamSpecs, Pass, Tensors } from "../../models/module.ts";
import { mergeParams } from "../../models/nn/mod.ts";
import { adamw, zeroMoments } from "../../models/optim/adamw.ts";
import { random } from "../../models/random.ts";
import {
  buildRepDetr,
  buildRepDetrHead,
  buildYoloxHead,
  REPDETR3D_800,
  type RepDetrConfig,
} from "../../models/repdetr3d/mod.ts";
import type { Backbone } from "../../models/resnet.ts";
import {
  inferenceStep,
  stepShapes,
} from "../../models/streampetr/inference.ts";
import { buildAuxiliary } from "../../models/streampetr/training/auxiliary.ts";
import { differentiate } from "../../models/streampetr/training/differentiate.ts";
import {
  completeTargets,
  countsOf,
  drawsOf,
  matchStep,
  prepareStep,
} from "../../models/streampetr/training/host.ts";
import { termNames } from "../../models/streampetr/training/names.ts";
import {
  inputSpecs,
  type StepConfig,
  targetSpecs,
} from "../../models/streampetr/training/spec.ts";
import { trainStep } from "../../models/streampetr/training/step.ts";
import { EVA02_LARGE, vit } from "../../models/vit/mod.ts";
import { vovnet } from "../../models/vovnet.ts";
import { asTensors, readAll, targetsOf } from "../streampetr/support.ts";
import { tinySamples } from "../streampetr/tiny.ts";
import { useTensorFlow } from "../support/backend.ts";
import { variantJson } from "../support/variants.ts";

const engine = await useTensorFlow();

/** Name, shape, name of the tensor that it is a copy of, whether it trains. */
type Row = [string, number[], string | null, boolean];

function rowsOf(specs: ParamSpecs): Row[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const row = (
      as: string,
      of: string | null,
    ): Row => [as, [...spec.shape], of, spec.trainable];
    const copies = (spec.aliases ?? []).map((alias) => row(alias, name));
    return [row(name, null), ...copies];
  });
}

const yolox = (strides: readonly number[]) =>
  buildYoloxHead({
    name: "img_roi_head",
    channels: 256,
    classes: 10,
    strides,
    imageHeight: 320,
    imageWidth: 800,
  });

const byName = (a: Row, b: Row) => a[0] < b[0] ? -1 : 1;

Deno.test("RepDETR3D V2-99 has the original's state dict", async () => {
  const { repdetr3d_v299 } = await variantJson("params");
  const specs = mergeParams(
    buildRepDetrHead(REPDETR3D_800),
    vovnet({
      name: "img_backbone",
      norm: { mode: "affine" },
      outStages: [2, 3, 4, 5],
    }),
    fpn("img_neck", {
      inChannels: [512, 768, 1024],
      channels: 256,
      outputs: 4,
    }),
    yolox([8, 16, 32, 64]),
  );
  assert.deepEqual(rowsOf(specs).sort(byName), repdetr3d_v299.sort(byName));
});

Deno.test("RepDETR3D EVA02-L has the original's state dict", async () => {
  const { repdetr3d_eva02 } = await variantJson("params");
  const strides = [4, 8, 16, 32];
  const specs = mergeParams(
    buildRepDetrHead({ ...REPDETR3D_800, strides }),
    vit(EVA02_LARGE, { channels: 256, scales: [4, 2, 1, 0.5] }),
    yolox(strides),
  );
  assert.deepEqual(rowsOf(specs).sort(byName), repdetr3d_eva02.sort(byName));
});

const HEAD: RepDetrConfig = {
  ...REPDETR3D_800,
  embedDims: 32,
  heads: 4,
  groups: 4,
  points: 3,
  layers: 2,
  feedforward: 32,
  queries: 12,
  propagated: 4,
  memory: 8,
  topk: 4,
  imageHeight: 32,
  imageWidth: 64,
  strides: [4, 8, 16, 32],
  dropout: 0,
};

/** Two streams of two cameras. */
const STEP: StepConfig = {
  batch: 2,
  cameras: 2,
  head: HEAD,
  denoising: { groups: 3, bucket: 4, noiseScale: 1, split: 0.75 },
  focal: {
    kind: "yolox",
    name: "img_roi_head",
    channels: 32,
    classes: 10,
    strides: HEAD.strides,
    imageHeight: 32,
    imageWidth: 64,
  },
  gridMask: 1,
};

function tinyVit(checkpoint: boolean): Backbone {
  return vit({
    ...EVA02_LARGE,
    checkpoint,
    width: 32,
    depth: 2,
    heads: 2,
    window: 2,
    globalWindow: 3,
    windowBlocks: [0],
    pretrainedSide: 48,
  }, { channels: 32, scales: [4, 2, 1, 0.5] });
}

function tiny(checkpoint = false) {
  const head = buildRepDetrHead({ ...HEAD, checkpoint });
  const backbone = tinyVit(checkpoint);
  const detector = buildRepDetr({ backbone, neck: null, head });
  const step = trainStep(STEP, {
    detector,
    focal: buildAuxiliary(STEP.focal!),
  });
  const params = Object.fromEntries(
    Object.entries(initialize(step.params, 7)).map((
      [name, { data, shape }],
    ) => [name, tf.tensor(data, shape)]),
  );
  return { detector, step, params };
}

/** Cameras that look forward and back, images of noise. */
function frames(batch: number): Tensors {
  const numbers = random("tiny frame");
  const specs = { ...inputSpecs({ ...STEP, batch }) };
  const [H, W] = [HEAD.imageHeight, HEAD.imageWidth];
  const views = [1, -1].map((side) => {
    const camera = [side, 0, 0, 0, 0, 0, -1, 1, 0, side, 0, 0, 0, 0, 0, 1];
    const row = (i: number) => camera.slice(4 * i, 4 * i + 4);
    const mix = (a: number, i: number, c: number) =>
      row(i).map((x, k) => a * x + c * row(2)[k]!);
    const image = [...mix(40, 0, W / 2), ...mix(40, 1, H / 2), ...row(2)];
    return { camera, image: [...image, 0, 0, 0, 1] };
  });
  const matrices = (key: "camera" | "image") =>
    tf.tensor(
      Array(batch).fill(views.flatMap((view) => view[key])).flat(),
      [batch, 2, 4, 4],
    );
  const zeros = Object.entries(specs)
    .filter(([name]) => !/^(denoising|gridMask)/.test(name))
    .map(([name, { shape }]) => [name, tf.zeros(shape)] as const);
  const pixels = Float32Array.from(
    { length: batch * 2 * H * W * 3 },
    () => numbers.normal(),
  );
  return {
    ...Object.fromEntries(zeros),
    images: tf.tensor(pixels, [batch * 2, H, W, 3]),
    focal: tf.fill([batch, 2, 2], 40),
    imageFromLidar: matrices("image"),
    cameraFromLidar: matrices("camera"),
    currentFromPrevious: tf.tile(tf.expandDims(tf.eye(4), 0), [batch, 1, 1]),
  };
}

Deno.test("recorded steps learn: every parameter that trains moves", () => {
  const { step, params } = tiny();
  const trained = Object.keys(params)
    .filter((name) => step.params[name]!.trainable);
  const pass: Pass = { training: true, updates: new Map() };
  const compiled = engine.compileSplit(
    (inputs) => {
      const own = { ...params };
      for (const name of trained) own[name] = inputs[`param.${name}`]!;
      const out = differentiate(step, own, inputs, inputs, pass);
      const next = adamw(
        own,
        out.gradients,
        zeroMoments(out.gradients),
        tf.scalar(3e-4),
        tf.scalar(1),
        { weightDecay: 0 },
      );
      return {
        early: out.outputs,
        late: { terms: out.terms, total: out.total, ...next.params },
      };
    },
    {
      ...inputSpecs(STEP),
      ...targetSpecs(STEP),
      ...Object.fromEntries(
        trained.map((
          name,
        ) => [`param.${name}`, { shape: params[name]!.shape }]),
      ),
    },
    Object.keys(targetSpecs(STEP)),
  );
  const samples = tinySamples();
  let [state, memory]: Tensors[] = [params, {}];
  let still: string[] = [];
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const draws = drawsOf(random("the same draws"));
    const { inputs: drawn, denoising } = prepareStep(STEP, samples, draws);
    const inputs = { ...frames(2), ...asTensors(STEP, drawn) };
    for (const name of trained) inputs[`param.${name}`] = state[name]!;
    if (i > 0) Object.assign(inputs, memory, { prevExists: tf.ones([2]) });
    const { outputs, saved } = compiled.early(inputs);
    // The first step only fills the memory that all others start from.
    if (i === 0) memory = memoryOf(outputs);
    const { arrays } = matchStep(STEP, readAll(outputs), samples, denoising);
    const counts = countsOf(STEP, samples, denoising);
    const targets = completeTargets(STEP, { arrays, counts });
    const { terms, total, ...next } = compiled.late(saved, {
      ...inputs,
      ...asTensors(STEP, targets),
    });
    assert.equal(terms!.size, termNames(STEP).length);
    assert.ok(terms!.dataSync().every(Number.isFinite));
    if (i > 0) losses.push(total!.dataSync()[0]!);
    if (i === 1) still = trained.filter((name) => same(state, next, name));
    state = { ...state, ...next };
  }
  assert.ok(losses.at(-1)! < 0.97 * losses[0]!, `${losses}`);
  // These learn only where a cell of the coarsest map has an object.
  const idle = /multi_level_(cls_convs|conv_(cls|reg|centers2d))\.3\./;
  assert.deepEqual(still.filter((name) => !idle.test(name)), []);
});

function same(before: Tensors, after: Tensors, name: string): boolean {
  const numbers = after[name]!.dataSync();
  return before[name]!.dataSync().every((x, i) => x === numbers[i]);
}

/** What a step leaves for the next one. */
function memoryOf(outputs: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).filter(([name]) => name.startsWith("memory.")),
  );
}

Deno.test("blocks and layers computed twice have the same gradients", () => {
  const samples = tinySamples();
  const prepared = prepareStep(STEP, samples, drawsOf(random("draws")));
  const inputs = { ...frames(2), ...asTensors(STEP, prepared.inputs) };
  const gradients = (checkpoint: boolean) => {
    const { step, params } = tiny(checkpoint);
    let again = 0;
    const plain: Pass = { training: true };
    const pass: Pass = {
      ...plain,
      recompute: {
        barrier: (saved) => saved,
        replay: () => {
          again++;
          return plain;
        },
      },
    };
    const { outputs } = step.forward(params, inputs, plain);
    const wanted = targetsOf(STEP, outputs, samples, prepared);
    const targets = asTensors(STEP, wanted);
    const found = differentiate(step, params, inputs, targets, pass);
    // Two blocks of the backbone, two layers of the decoder.
    assert.equal(again, checkpoint ? 4 : 0);
    return readAll(found.gradients);
  };
  const [kept, twice] = [gradients(false), gradients(true)];
  for (const [name, numbers] of Object.entries(kept)) {
    const scale = Math.max(...numbers.map(Math.abs), 1e-3);
    numbers.forEach((x, i) =>
      assert.ok(Math.abs(twice[name]![i]! - x) <= 1e-5 * scale, name)
    );
  }
});

Deno.test("the exported network follows the trained one over frames", async () => {
  const { detector, params } = tiny();
  const own = Object.fromEntries(
    Object.keys(detector.params).map((name) => [name, params[name]!]),
  );
  const size = { height: HEAD.imageHeight, width: HEAD.imageWidth };
  const shapes = stepShapes(HEAD, size, 1, 2);
  assert.ok("imageFromLidar" in shapes && !("lidarFromImage" in shapes));
  const step = inferenceStep(detector, own);
  const session = await openSession(
    exportOnnx(step, shapes, { names: own }),
    { threads: 2 },
  );
  const given = frames(1);
  const named = Object.keys(shapes).map((name) =>
    [name, given[name]!] as const
  );
  let inputs: Tensors = Object.fromEntries(named);
  for (let i = 0; i < 2; i++) {
    const wanted = tf.tidy(() => step(inputs));
    const found = await session.run(Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => [
        name,
        { data: x.dataSync() as Float32Array, shape: x.shape },
      ]),
    ));
    for (const name of ["classScores", "boxCodes"]) {
      const a = found[name]!.data, b = wanted[name]!.dataSync();
      b.forEach((x, k) => assert.ok(Math.abs(Number(a[k]) - x) < 1e-3));
    }
    inputs = {
      ...inputs,
      prevExists: tf.ones([1]),
      deltaSeconds: tf.fill([1], 0.5),
    };
    for (const [name, x] of Object.entries(wanted)) {
      if (name.startsWith("next.")) inputs[`memory.${name.slice(5)}`] = x;
    }
  }
  await session.close();
});
