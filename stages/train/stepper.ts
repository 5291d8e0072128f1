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
import type { Batch } from "./feeder.ts";
import { concat, type Group, groupsOf, split, type Trained } from "./flat.ts";
import type { Stepper, StepReport } from "./loop.ts";
import type { TrainSettings } from "./settings.ts";
import { firstState, KINDS, readState, stateOf } from "./state.ts";

/** What a stepper is made of. */
export interface StepperParts {
  engine: TensorFlowEngine;
  step: TrainStep;
  settings: TrainSettings;
  /** First values of all parameters, memory layout. */
  values: Record<string, Plain>;
  /** Factor per row of a parameter's updates; null trains all of it. */
  frozen: (name: string, rows: number) => number[] | null;
  /** Told at the end of each part of a step, for profiles. */
  mark?: (part: "upload" | "early" | "read" | "match" | "late") => void;
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
  const { engine, settings, frozen, values, mark } = parts;
  const step = { ...parts.step, params: thawed(parts.step.params, frozen) };
  const groups = groupsOf(trainedOf(step, settings, values, frozen));
  const compiled = record(engine, step, settings, groups, values);

  let state = firstState(step, groups, values);
  let steps = 0;

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
    mark?.("upload");
    const { outputs, saved } = compiled.early({ ...state, ...inputs });
    mark?.("early");
    const read = Object.fromEntries(
      READ.filter((name) => name in outputs)
        .map((name) => [name, outputs[name]!.dataSync() as Float32Array]),
    );
    mark?.("read");
    const matched = matchStep(step.config, read, samples, prepared.denoising);
    const targets = tensorsOf(
      completeTargets(step.config, matched),
      targetSpecs(step.config),
    );
    mark?.("match");
    const late = compiled.late(saved, { ...state, ...inputs, ...targets });
    const report = reportOf(step, late);
    mark?.("late");
    state = replaced(state, outputs, late);
    tf.dispose([inputs, targets]);
    steps++;
    return report;
  }

  return {
    step: run,
    read: () => ({ step: steps, tensors: readState(state, groups) }),
    write({ step: saved, tensors }) {
      steps = saved;
      tf.dispose(state);
      state = stateOf(tensors, groups);
    },
    firstNonFinite: () =>
      Object.entries(readState(state, groups)).find(([, { data }]) =>
        !data.every(Number.isFinite)
      )?.[0] ?? null,
  };
}

/** What trains, and how fast. */
function trainedOf(
  step: TrainStep,
  { optimizer }: TrainSettings,
  values: Record<string, Plain>,
  frozen: StepperParts["frozen"],
): Trained[] {
  return Object.keys(step.params)
    .filter((name) => step.params[name]!.trainable)
    .map((name) => ({
      name,
      shape: values[name]!.shape,
      lr: multiplierOf(name, optimizer.lr_mult),
      decay: multiplierOf(name, optimizer.decay_mult),
      rows: frozen(name, values[name]!.shape[0]!),
    }));
}

/** Records forward pass, losses, gradients and update as one cut function. */
function record(
  engine: TensorFlowEngine,
  step: TrainStep,
  settings: TrainSettings,
  groups: readonly Group[],
  values: Record<string, Plain>,
): CompiledSplit {
  const targets = targetSpecs(step.config);
  const specs: TensorSpecs = {
    ...inputSpecs(step.config),
    ...targets,
    lr: { shape: [], dtype: "float32" },
    step: { shape: [], dtype: "float32" },
    seed: { shape: [2], dtype: "int32" },
  };
  for (const { key, sizes } of groups) {
    const length = sizes.reduce((a, b) => a + b, 0);
    for (const kind of KINDS) {
      specs[`${kind}.${key}`] = { shape: [length], dtype: "float32" };
    }
  }
  const grouped = new Set(groups.flatMap(({ names }) => names));
  for (const [name, { shape }] of Object.entries(values)) {
    if (grouped.has(name)) continue;
    specs[`weight.${name}`] = { shape: [...shape], dtype: "float32" };
  }
  return engine.compileSplit(
    (inputs) => body(step, settings, groups, inputs),
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
  { optimizer }: TrainSettings,
  groups: readonly Group[],
  inputs: Tensors,
): { early: Tensors; late: Tensors } {
  const params = below("weight.", inputs);
  for (const group of groups) {
    Object.assign(params, split(group, params[group.key]!));
  }
  const found = differentiate(step, params, inputs, inputs, passOf(inputs));
  const flat = Object.fromEntries(groups.map((group) => {
    const gradient = concat(group, found.gradients);
    return [group.key, group.mask ? tf.mul(gradient, group.mask) : gradient];
  }));
  const clipped = clipByGlobalNorm(flat, optimizer.clip);
  const factors = new Map(groups.map((group) => [group.key, group]));
  const next = adamw(
    params,
    clipped.gradients,
    { mean: below("mean.", inputs), variance: below("variance.", inputs) },
    inputs.lr as tf.Scalar,
    inputs.step as tf.Scalar,
    {
      betas: optimizer.betas,
      weightDecay: optimizer.weight_decay,
      multipliers: (key) => factors.get(key)!,
    },
  );
  const late: Tensors = {
    terms: found.terms,
    total: found.total,
    norm: clipped.norm,
  };
  for (const { key, mask } of groups) {
    const [old, moved] = [params[key]!, next.params[key]!];
    // Frozen rows keep their values, weight decay included.
    late[`weight.${key}`] = mask
      ? tf.add(old, tf.mul(tf.sub(moved, old), mask))
      : moved;
    late[`mean.${key}`] = next.moments.mean[key]!;
    late[`variance.${key}`] = next.moments.variance[key]!;
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
