/**
 * Runs the geometric warm start: some hundred small steps over calibrations
 * of the training frames, before any image is read.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import {
  gradients,
  type TensorFlowEngine,
  type Tensors,
} from "../../engine/tensorflow/mod.ts";
import {
  adamw,
  drawPoints,
  type FrameInputs,
  type HeadConfig,
  type ParamSpecs,
  type Plain,
  random,
  warmStartLoss,
  warmStartNames,
} from "../../models/mod.ts";
import type { FrameInfo } from "../../nusc/mod.ts";
import {
  describeFrame,
  type FrameConfig,
  inverseAffine,
  randomFor,
  trainAugmentation,
} from "../../nusc/loader/mod.ts";
import { below } from "./arrays.ts";
import type { TrainSettings } from "./settings.ts";

/** What the warm start needs. */
export interface WarmStart {
  context: StageContext<TrainSettings>;
  engine: TensorFlowEngine;
  head: HeadConfig;
  specs: ParamSpecs;
  /** Values of all parameters; those trained here are replaced. */
  values: Record<string, Plain>;
  frames: readonly FrameInfo[];
  frameConfig: FrameConfig;
}

const WARMUP = 50;
const LAST_RATE = 0.05;

/** Rises over the first steps, then falls along half a cosine. */
function rateAt(step: number, steps: number): number {
  const cosine = 0.5 * (1 + Math.cos(Math.PI * step / steps));
  const decayed = LAST_RATE + (1 - LAST_RATE) * cosine;
  return Math.min(1, (step + 1) / WARMUP) * decayed;
}

/** Trains the attention's geometry in place. */
export async function warmStart(parts: WarmStart): Promise<void> {
  const { context, engine, head, specs, values } = parts;
  const settings = context.config.warm_start!;
  const names = warmStartNames(head, specs);
  const run = record(engine, head, specs, names, values, settings.points);
  let state: Tensors = {};
  for (const name of names) {
    const { data, shape } = values[name]!;
    state[`weight.${name}`] = tf.tensor(data, [...shape]);
    state[`mean.${name}`] = tf.zeros([...shape]);
    state[`variance.${name}`] = tf.zeros([...shape]);
  }
  const fixed = fixedParams(head, specs, names, values);
  for (let step = 0; step < settings.steps; step++) {
    const lr = settings.lr * rateAt(step, settings.steps);
    const inputs = drawInputs(parts, step, lr);
    const { loss, ...next } = run.run({ ...state, ...fixed, ...inputs });
    tf.dispose([state, inputs]);
    state = next;
    if (step % 20 === 19 || step === settings.steps - 1) {
      const value = loss!.dataSync()[0]!;
      if (!Number.isFinite(value)) throw diverged(step, value, settings.lr);
      context.emit({
        type: "progress",
        unit: "warm-start steps",
        done: step + 1,
        total: settings.steps,
        values: { cross_entropy: value },
      });
      // The abort signal is heard only when the event loop turns.
      await new Promise((resolve) => setTimeout(resolve));
      context.signal.throwIfAborted();
    }
    loss!.dispose();
  }
  for (const name of names) {
    const tensor = state[`weight.${name}`]!;
    values[name] = {
      data: tensor.dataSync() as Float32Array,
      shape: [...tensor.shape],
    };
  }
  tf.dispose([state, fixed]);
  run.dispose();
}

function diverged(step: number, value: number, lr: number): UserError {
  return new UserError(
    `The warm start diverged within its first ${step + 1} steps: the cross ` +
      `entropy is ${value}. Lower train.warm_start.lr (${lr}; 2e-3 is the ` +
      "default)",
  );
}

/** Parameters that the loss reads but does not train. */
function fixedParams(
  head: HeadConfig,
  specs: ParamSpecs,
  names: readonly string[],
  values: Record<string, Plain>,
): Tensors {
  const fixed = Object.keys(specs).filter((name) =>
    name.startsWith(`${head.name}.`) && !names.includes(name)
  );
  return Object.fromEntries(fixed.map((name) => {
    const { data, shape } = values[name]!;
    return [`fixed.${name}`, tf.tensor(data, [...shape])];
  }));
}

function shapesOf(head: HeadConfig, points: number) {
  const [h, w] = [
    head.imageHeight / head.stride,
    head.imageWidth / head.stride,
  ];
  const N = 6;
  return {
    lidarFromImage: { shape: [1, N, 4, 4] },
    focal: { shape: [1, N, 2] },
    points: { shape: [points, 3] },
    distances: { shape: [points, N * h * w] },
    visible: { shape: [points] },
    features: { shape: [1, N, h, w, head.embedDims] },
    content: { shape: [1, points, head.embedDims] },
    lr: { shape: [] },
    step: { shape: [] },
  };
}

function record(
  engine: TensorFlowEngine,
  head: HeadConfig,
  specs: ParamSpecs,
  names: readonly string[],
  values: Record<string, Plain>,
  points: number,
) {
  const inputs: Record<string, { shape: readonly number[] }> = {
    ...shapesOf(head, points),
  };
  for (const name of Object.keys(specs)) {
    if (!name.startsWith(`${head.name}.`)) continue;
    const { shape } = values[name]!;
    if (!names.includes(name)) inputs[`fixed.${name}`] = { shape };
    else {
      for (const kind of ["weight", "mean", "variance"]) {
        inputs[`${kind}.${name}`] = { shape };
      }
    }
  }
  return engine.compile(
    (given) => update(head, given),
    inputs,
    { name: "warm_start", jit: engine.device === "gpu" },
  );
}

/** One step of AdamW: the loss, and the next weights and moments. */
function update(head: HeadConfig, given: Tensors): Tensors {
  const weights = below("weight.", given);
  const fixed = below("fixed.", given);
  const { value, grads } = gradients(
    (params) =>
      warmStartLoss(head, { ...fixed, ...params }, {
        frame: given as unknown as FrameInputs,
        points: given.points!,
        distances: given.distances!,
        visible: given.visible!,
        features: given.features!,
        content: given.content!,
      }),
    weights,
  );
  const next = adamw(
    weights,
    grads,
    { mean: below("mean.", given), variance: below("variance.", given) },
    given.lr as tf.Scalar,
    given.step as tf.Scalar,
    { weightDecay: 0 },
  );
  const out: Tensors = { loss: value };
  for (const name of Object.keys(weights)) {
    out[`weight.${name}`] = next.params[name]!;
    out[`mean.${name}`] = next.moments.mean[name]!;
    out[`variance.${name}`] = next.moments.variance[name]!;
  }
  return out;
}

/** Calibration and points of one random training frame. */
function drawInputs(
  { context, head, frames, frameConfig }: WarmStart,
  step: number,
  lr: number,
): Tensors {
  const { seed, warm_start } = context.config;
  const count = warm_start!.points;
  const draw = randomFor(seed, 3, step);
  const info = frames[Math.floor(draw() * frames.length)]!;
  const augmentation = trainAugmentation(frameConfig, info, draw, draw);
  const { geometry } = describeFrame(info, frameConfig, augmentation);
  const drawn = drawPoints(
    head,
    geometry.lidarFromImage.map(inverseAffine),
    count,
    draw,
  );
  const normal = random(`${seed}/warm start/${step}`).normal;
  const shapes = shapesOf(head, count);
  const noise = (shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal),
      shape,
    );
  return {
    lidarFromImage: tf.tensor(
      geometry.lidarFromImage.flatMap((matrix) => [...matrix]),
      shapes.lidarFromImage.shape,
    ),
    focal: tf.tensor(geometry.focal.flat(), shapes.focal.shape),
    points: tf.tensor(drawn.points, shapes.points.shape),
    distances: tf.tensor(drawn.distances, shapes.distances.shape),
    visible: tf.tensor(drawn.visible, shapes.visible.shape),
    features: noise(shapes.features.shape),
    content: noise(shapes.content.shape),
    lr: tf.scalar(lr),
    step: tf.scalar(step + 1),
  };
}
