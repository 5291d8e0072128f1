/**
 * The training step on the device: weights, moments and memory stay there;
 * only predictions come to the host and only targets go back.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  type CompiledSplit,
  statelessUniform,
  type TensorFlowEngine,
  type Tensors,
} from "../../engine/tensorflow/mod.ts";
import {
  adamw,
  clipByGlobalNorm,
  completeTargets,
  differentiate,
  drawsOf,
  inputSpecs,
  matchStep,
  MEMORY_FIELDS,
  memoryShapes,
  multiplierOf,
  type ParamSpecs,
  type Pass,
  type Plain,
  prepareStep,
  random,
  type Sample,
  targetSpecs,
  type TensorSpecs,
  termNames,
  type TrainStep,
} from "../../models/mod.ts";
import type { TrainState } from "./checkpoint.ts";
import type { Batch } from "./feeder.ts";
import type { Stepper, StepReport } from "./loop.ts";
import type { TrainSettings } from "./settings.ts";

/** What a stepper is made of. */
export interface StepperParts {
  engine: TensorFlowEngine;
  step: TrainStep;
  settings: TrainSettings;
  /** First values of all parameters, memory layout. */
  values: Record<string, Plain>;
  /** Factor per row of a parameter's updates; null trains all of it. */
  frozen: (name: string, rows: number) => number[] | null;
}

/** Predictions that matching reads. */
const READ = [
  "classScores",
  "boxCodes",
  "focal.classScores",
  "focal.boxes",
  "focal.centers",
];

/** Parameters with whole frozen ones taken out of training. */
function thawed(
  specs: ParamSpecs,
  frozen: StepperParts["frozen"],
): ParamSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const rows = frozen(name, spec.shape[0]!);
      const fixed = rows !== null && rows.every((factor) => factor === 0);
      return [name, fixed ? { ...spec, trainable: false } : spec];
    }),
  );
}

/** Builds the stepper; recording takes seconds. */
export function createStepper(parts: StepperParts): Stepper {
  const { engine, settings, frozen } = parts;
  const step = { ...parts.step, params: thawed(parts.step.params, frozen) };
  const trainable = Object.keys(step.params)
    .filter((name) => step.params[name]!.trainable);
  const compiled = record(engine, step, settings, trainable, parts);

  let state: Tensors = {};
  let steps = 0;
  for (const [name, { data, shape }] of Object.entries(parts.values)) {
    state[`weight.${name}`] = tf.tensor(data, [...shape]);
  }
  for (const name of trainable) {
    const { shape } = state[`weight.${name}`]!;
    state[`mean.${name}`] = tf.zeros(shape);
    state[`variance.${name}`] = tf.zeros(shape);
  }
  const shapes = memoryShapes(step.config.head, step.config.batch);
  for (const field of MEMORY_FIELDS) {
    state[`memory.${field}`] = tf.zeros(shapes[field]);
  }

  function run(batch: Batch, lr: number): StepReport {
    const draws = drawsOf(random(`${settings.seed}/${steps}`));
    const samples = batch.frames as unknown as Sample[];
    const prepared = prepareStep(step.config, samples, draws);
    const inputs: Tensors = {
      ...tensorsOf(arraysOf(batch), inputSpecs(step.config)),
      ...tensorsOf(prepared.inputs, inputSpecs(step.config)),
      lr: tf.scalar(lr),
      step: tf.scalar(steps + 1),
      seed: tf.tensor1d([settings.seed, steps], "int32"),
    };
    const { outputs, saved } = compiled.early({ ...state, ...inputs });
    const read = Object.fromEntries(
      READ.filter((name) => name in outputs)
        .map((name) => [name, outputs[name]!.dataSync() as Float32Array]),
    );
    const matched = matchStep(step.config, read, samples, prepared.denoising);
    const targets = tensorsOf(
      completeTargets(step.config, matched),
      targetSpecs(step.config),
    );
    const late = compiled.late(saved, { ...state, ...inputs, ...targets });
    const report = reportOf(step, late);
    state = replaced(state, outputs, late);
    tf.dispose([inputs, targets]);
    steps++;
    return report;
  }

  return {
    step: run,
    read: () => ({ step: steps, tensors: read(state) }),
    write({ step: saved, tensors }) {
      steps = saved;
      tf.dispose(state);
      state = Object.fromEntries(
        Object.entries(tensors).map(([name, { data, shape }]) => [
          name,
          tf.tensor(data as Float32Array, shape),
        ]),
      );
    },
    firstNonFinite: () =>
      Object.keys(state).find((name) => {
        const values = state[name]!.dataSync() as Float32Array;
        return !values.every(Number.isFinite);
      }) ?? null,
  };
}

/** Records forward pass, losses, gradients and update as one cut function. */
function record(
  engine: TensorFlowEngine,
  step: TrainStep,
  settings: TrainSettings,
  trainable: readonly string[],
  { values, frozen }: StepperParts,
): CompiledSplit {
  const targets = targetSpecs(step.config);
  const specs: Record<string, TensorSpecs[string]> = {
    ...inputSpecs(step.config),
    ...targets,
    lr: { shape: [], dtype: "float32" },
    step: { shape: [], dtype: "float32" },
    seed: { shape: [2], dtype: "int32" },
  };
  const like = (name: string) => ({
    shape: [...values[name]!.shape],
    dtype: "float32" as const,
  });
  for (const name of Object.keys(values)) specs[`weight.${name}`] = like(name);
  for (const name of trainable) {
    specs[`mean.${name}`] = like(name);
    specs[`variance.${name}`] = like(name);
  }
  return engine.compileSplit(
    (inputs) => body(step, settings, trainable, frozen, inputs),
    specs,
    Object.keys(targets),
    {
      name: "train",
      jit: settings.jit ?? engine.device === "gpu",
      precision: settings.precision,
    },
  );
}

function body(
  step: TrainStep,
  settings: TrainSettings,
  trainable: readonly string[],
  frozen: StepperParts["frozen"],
  inputs: Tensors,
): { early: Tensors; late: Tensors } {
  const { optimizer } = settings;
  const params = below("weight.", inputs);
  const found = differentiate(step, params, inputs, inputs, passOf(inputs));
  const masks = masksOf(trainable, frozen, params);
  const masked = Object.fromEntries(
    Object.entries(found.gradients).map(([name, gradient]) => [
      name,
      masks.has(name) ? tf.mul(gradient, masks.get(name)!) : gradient,
    ]),
  );
  const clipped = clipByGlobalNorm(masked, optimizer.clip);
  const next = adamw(
    params,
    clipped.gradients,
    { mean: below("mean.", inputs), variance: below("variance.", inputs) },
    inputs.lr as tf.Scalar,
    inputs.step as tf.Scalar,
    {
      betas: optimizer.betas,
      weightDecay: optimizer.weight_decay,
      multipliers: (name) => ({
        lr: multiplierOf(name, optimizer.lr_mult),
        decay: multiplierOf(name, optimizer.decay_mult),
      }),
    },
  );
  const late: Tensors = {
    terms: found.terms,
    total: found.total,
    norm: clipped.norm,
  };
  for (const name of trainable) {
    const old = params[name]!;
    const moved = next.params[name]!;
    const mask = masks.get(name);
    // Frozen rows keep their values, weight decay included.
    late[`weight.${name}`] = mask
      ? tf.add(old, tf.mul(tf.sub(moved, old), mask))
      : moved;
    late[`mean.${name}`] = next.moments.mean[name]!;
    late[`variance.${name}`] = next.moments.variance[name]!;
  }
  return { early: found.outputs, late };
}

/** A training pass whose random numbers follow the step's seed. */
function passOf(inputs: Tensors): Pass {
  let calls = 0;
  return {
    training: true,
    updates: new Map(),
    uniform(shape) {
      const offset = tf.tensor1d([1009 * ++calls, 0], "int32");
      return statelessUniform(shape, tf.add(inputs.seed!, offset));
    },
  };
}

/** Factors that broadcast over the rows of partly frozen parameters. */
function masksOf(
  names: readonly string[],
  frozen: StepperParts["frozen"],
  params: Tensors,
): Map<string, tf.Tensor> {
  const masks = new Map<string, tf.Tensor>();
  for (const name of names) {
    const { shape } = params[name]!;
    const rows = frozen(name, shape[0]!);
    if (!rows) continue;
    const ones = shape.slice(1).map(() => 1);
    masks.set(name, tf.tensor(rows, [rows.length, ...ones]));
  }
  return masks;
}

function below(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

function arraysOf({ frames: _, ...arrays }: Batch) {
  return arrays;
}

function tensorsOf(
  arrays: Record<string, Float32Array | Int32Array>,
  specs: TensorSpecs,
): Tensors {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => {
      const { shape, dtype } = specs[name]!;
      return [name, tf.tensor(data, shape, dtype)];
    }),
  );
}

function reportOf(step: TrainStep, late: Tensors): StepReport {
  const names = termNames(step.config);
  const values = late.terms!.dataSync();
  return {
    loss: late.total!.dataSync()[0]!,
    terms: Object.fromEntries(names.map((name, i) => [name, values[i]!])),
    gradNorm: late.norm!.dataSync()[0]!,
    applied: true,
  };
}

/** The state after a step; what it replaces is freed. */
function replaced(state: Tensors, outputs: Tensors, late: Tensors): Tensors {
  const next: Tensors = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    if (name.startsWith("memory.")) next[name] = tensor;
    else if (name.startsWith("updates.")) {
      next[`weight.${name.slice("updates.".length)}`] = tensor;
    } else tensor.dispose();
  }
  for (const [name, tensor] of Object.entries(late)) {
    if (/^(weight|mean|variance)\./.test(name)) next[name] = tensor;
    else tensor.dispose();
  }
  tf.dispose(Object.keys(next).map((name) => state[name]!));
  return { ...state, ...next };
}

function read(state: Tensors): TrainState["tensors"] {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [
      name,
      { data: tensor.dataSync() as Float32Array, shape: [...tensor.shape] },
    ]),
  );
}
