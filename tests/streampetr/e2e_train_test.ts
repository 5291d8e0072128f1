import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../../models/module.ts";
import { adamw, multiplierOf, zeroMoments } from "../../models/optim/adamw.ts";
import { clipByGlobalNorm } from "../../models/optim/clip.ts";
import { buildAuxiliary } from "../../models/streampetr/training/auxiliary.ts";
import { differentiate } from "../../models/streampetr/training/differentiate.ts";
import {
  completeTargets,
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
import type { Memory } from "../../models/streampetr/types.ts";
import { trainStep } from "../../models/streampetr/training/step.ts";
import { toTorch } from "../../models/weights/layout.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  emptyMemory,
  r50Detector,
  recordedFrame,
  SMALL,
} from "../support/detector.ts";
import { goldenParams, type PlainArray, u } from "../support/golden.ts";
import { checkBest, inLastBit } from "../support/rounding.ts";
import { asTensors, gravityBoxes, readAll, rowsOf } from "./support.ts";
import { checkMemory, imagesOf } from "./e2e.ts";
import { openTracked } from "./tracked.ts";

const golden = await openTracked("e2e_small_train");
const GROUPS = 10;
/** More than any frame of the recording has: padding must change nothing. */
const BUCKET = 3 + Math.max(
  ...[0, 1].map((k) => golden.array(`it${k}/in/gt_labels_3d`).data.length),
);

const config: StepConfig = {
  batch: 1,
  cameras: 6,
  head: SMALL,
  denoising: { groups: GROUPS, bucket: BUCKET, noiseScale: 1, split: 0.75 },
  focal: {
    name: "img_roi_head",
    channels: 256,
    classes: 10,
    stride: 16,
    imageHeight: 128,
    imageWidth: 352,
    trainRatio: 1,
  },
  gridMask: 0,
};

/** Ground truth of a recorded iteration. */
function sampleOf(key: string): Sample {
  const at = (name: string) => golden.array(`${key}/in/${name}`);
  return {
    labels: {
      boxes: gravityBoxes(at("gt_bboxes_3d")),
      labels: at("gt_labels_3d").data,
    },
    labels2d: Array.from({ length: 6 }, (_, n) => ({
      boxes: rowsOf(at(`gt_bboxes2d_${n}`)),
      labels: at(`gt_labels2d_${n}`).data,
      centers: rowsOf(at(`centers2d_${n}`)),
    })),
  };
}

/** Denoising draws of a recorded iteration, in order. */
function drawsOf(iteration: number, count: number) {
  const numbers = u(`e2e/train/rand/${iteration}`, [count, 3]);
  let next = 0;
  return {
    denoising: () => numbers[next++]!,
    gridMask: { uniform: () => 1, integer: () => 0 },
  };
}

/** Values in PyTorch's order. */
function torchValues(name: string, x: tf.Tensor): Float32Array {
  return toTorch(name, x.shape, x.dataSync() as Float32Array).data;
}

/** Names below a key of the recording. */
function namesBelow(key: string): string[] {
  const names = golden.keys().filter((name) => name.startsWith(`${key}/`))
    .map((name) => name.slice(key.length + 1));
  assert.ok(names.length >= 40, `${key} names ${names.length} parameters`);
  return names;
}

function sum(values: Float32Array, of: (value: number) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** Norm, sum and first values of the gradients that are recorded. */
function recordedGradients(
  key: string,
  gradients: Tensors,
): Map<string, PlainArray> {
  const found = new Map<string, PlainArray>();
  for (const name of namesBelow(`${key}/gradnorm`)) {
    const values = torchValues(name, gradients[name]!);
    const norm = Math.sqrt(sum(values, (value) => value * value));
    const total = sum(values, (value) => value);
    found.set(`${key}/gradnorm/${name}`, { data: [norm, total], shape: [2] });
    const head = values.slice(0, 32);
    found.set(`${key}/gradhead/${name}`, { data: head, shape: [head.length] });
  }
  return found;
}

function gradientBound(key: string): number {
  return key.includes("/gradhead/") ? 2e-2 : 2e-3;
}

/** Sum, absolute sum and first values of recorded parameters. */
function checkParams(params: Tensors) {
  for (const name of namesBelow("adamw/param")) {
    const values = torchValues(name, params[name]!);
    const sums = [sum(values, (value) => value), sum(values, Math.abs)];
    golden.check(`adamw/param/${name}`, { data: sums, shape: [2] }, 1e-5);
    const head = values.subarray(0, 32);
    const first = { data: head, shape: [head.length] };
    golden.check(`adamw/paramhead/${name}`, first, 1e-4);
  }
}

const engine = await useTensorFlow();
const step = trainStep(config, {
  detector: r50Detector(SMALL),
  focal: buildAuxiliary(config.focal!),
});

/** Records the step with one AdamW update, as the recording made it. */
function record() {
  const params = goldenParams(step.params);
  const prefixed = (prefix: string, tensors: Tensors) =>
    Object.fromEntries(
      Object.entries(tensors).map(([key, x]) => [`${prefix}${key}`, x]),
    );
  const multipliers = (name: string) => ({
    lr: multiplierOf(name, { img_backbone: 0.1 }),
    decay: 1,
  });
  return engine.compileSplit(
    (inputs) => {
      const pass = { training: true };
      const out = differentiate(step, params, inputs, inputs, pass);
      const { gradients, norm } = clipByGlobalNorm(out.gradients, 35);
      const next = adamw(
        params,
        gradients,
        zeroMoments(gradients),
        tf.scalar(4e-4),
        tf.scalar(1),
        { weightDecay: 0.01, multipliers },
      );
      return {
        early: out.outputs,
        late: {
          terms: out.terms,
          total: out.total,
          norm,
          ...prefixed("gradient.", out.gradients),
          ...prefixed("param.", next.params),
        },
      };
    },
    { ...inputSpecs(config), ...targetSpecs(config) },
    Object.keys(targetSpecs(config)),
  );
}

type Compiled = ReturnType<typeof record>;

/** Runs a recorded iteration behind a memory; see rounding.ts on attempts. */
function iterate(
  compiled: Compiled,
  k: number,
  memory: Tensors,
  attempt = 0,
) {
  const key = `it${k}`;
  const sample = sampleOf(key);
  const count = GROUPS * sample.labels.labels.length;
  const prepared = prepareStep(config, [sample], drawsOf(k, count));
  const images = inLastBit(
    imagesOf(golden, key, `e2e/img/scene_n/${k}`, SMALL),
    attempt,
  );
  const inputs = {
    ...recordedFrame(golden, key, k ? `it${k - 1}` : null, images),
    ...memory,
    ...asTensors(config, prepared.inputs),
  };
  const { outputs, saved } = compiled.early(inputs);
  const matched = matchStep(
    config,
    readAll(outputs),
    [sample],
    prepared.denoising,
  );
  const targets = asTensors(config, completeTargets(config, matched));
  return { outputs, late: compiled.late(saved, { ...inputs, ...targets }) };
}

function checkTerms(key: string, late: Tensors) {
  const names = termNames(config);
  const terms = late.terms!.dataSync();
  const keys = golden.keys().filter((name) => name.startsWith(`${key}/loss/`));
  assert.deepEqual(
    names.map((name) => `${key}/loss/frame_0_${name}`).sort(),
    keys.sort(),
  );
  names.forEach((name, i) => {
    const value = { data: [terms[i]!], shape: [1] };
    golden.check(`${key}/loss/frame_0_${name}`, value, 1e-5);
  });
  golden.check(`${key}/total`, tf.reshape(late.total!, [1]), 1e-5);
}

Deno.test("two training iterations equal the reference's", async (t) => {
  const compiled = record();
  let memory: Tensors = Object.fromEntries(
    Object.entries(emptyMemory(SMALL, 1))
      .map(([key, x]) => [`memory.${key}`, x]),
  );
  for (const k of [0, 1]) {
    const key = `it${k}`;
    const { outputs, late } = iterate(compiled, k, memory);
    await t.step(`${key}: predictions and memory of the first half`, () => {
      const bound = k === 0 ? 2e-5 : 1e-4;
      golden.check(`${key}/all_cls_scores`, outputs.classScores!, bound);
      golden.check(`${key}/all_bbox_preds`, outputs.boxCodes!, bound);
      const left = group(outputs, "memory.") as unknown as Memory;
      checkMemory(golden, key, left, bound);
    });
    await t.step(`${key}: loss terms`, () => checkTerms(key, late));
    const norm = tf.reshape(late.norm!, [1]);
    await t.step(`${key}: gradients`, () => {
      golden.check(`${key}/grad_total_norm`, norm, 2e-3);
      checkBest(golden, gradientBound, (attempt) => {
        const { late: own } = attempt === 0
          ? { late }
          : iterate(compiled, k, memory, attempt);
        return recordedGradients(key, group(own, "gradient."));
      });
    });
    if (k === 1) {
      await t.step("one clipped AdamW step", () => {
        golden.check("adamw/gnorm_before_clip", norm, 2e-3);
        checkParams(group(late, "param."));
      });
    }
    memory = Object.fromEntries(
      Object.entries(outputs).filter(([name]) => name.startsWith("memory.")),
    );
  }
  compiled.dispose();
});

function group(tensors: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
      .map(([name, x]) => [name.slice(prefix.length), x]),
  );
}

// Runs last: tests of a file run in their order. The network is given neither
// extrinsics nor depths of objects.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: /\/in\//,
    unused: /\/in\/(extrinsics|depths_\d)$/,
  }));
