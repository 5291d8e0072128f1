/**
 * The recorded forward pass, losses and gradients of one part of a batch.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  barrier,
  type Compiled,
  type CompiledSplit,
  statelessUniform,
  type TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";
import {
  differentiate,
  inputSpecs,
  type Pass,
  type Plain,
  type Synchronize,
  targetSpecs,
  type Tensors,
  type TensorSpecs,
  type TrainStep,
} from "../../models/mod.ts";
import { below } from "./arrays.ts";
import { concat, type Group, split } from "./flat.ts";
import { scalesLoss } from "./scaling.ts";
import type { TrainSettings } from "./settings.ts";

/** What records. */
export interface Recording {
  engine: TensorFlowEngine;
  step: TrainStep;
  settings: TrainSettings;
  groups: readonly Group[];
  /** First values of all parameters, memory layout. */
  values: Record<string, Plain>;
  /** Batch norms share their statistics over processes; else each its own. */
  synchronize?: Synchronize;
}

/** Specs of all weights: trained ones by group, the others by name. */
function weightSpecs({ groups, values }: Recording): TensorSpecs {
  const specs: TensorSpecs = {};
  for (const { key, sizes } of groups) {
    const length = sizes.reduce((a, b) => a + b, 0);
    specs[`weight.${key}`] = { shape: [length], dtype: "float32" };
  }
  const grouped = new Set(groups.flatMap(({ names }) => names));
  for (const [name, { shape }] of Object.entries(values)) {
    if (grouped.has(name)) continue;
    specs[`weight.${name}`] = { shape: [...shape], dtype: "float32" };
  }
  return specs;
}

/** All weights by name, out of what {@link weightSpecs} says. */
function weightsOf(groups: readonly Group[], inputs: Tensors): Tensors {
  const params = below("weight.", inputs);
  for (const group of groups) {
    Object.assign(params, split(group, params[group.key]!));
  }
  return params;
}

/**
 * Records the look at an earlier frame of a clip. Inputs: `weight.*`,
 * `memory.*` and the frame; outputs `memory.*`.
 */
export function recordGlance(recording: Recording): Compiled {
  const { engine, step, settings, groups } = recording;
  const inputs = Object.entries(inputSpecs(step.config))
    .filter(([name]) => !/^(denoising\.|gridMask$)/.test(name));
  return engine.compile(
    (inputs) => step.glance(weightsOf(groups, inputs), inputs),
    { ...Object.fromEntries(inputs), ...weightSpecs(recording) },
    {
      name: "glance",
      jit: settings.jit ?? engine.device === "gpu",
      precision: settings.precision,
    },
  );
}

/**
 * Records the pass as one function, cut around the targets.
 *
 * Inputs: `weight.*`, `memory.*`, `inputSpecs`, `seed` [2] int32 and `scale`,
 * the factor of the loss; late ones `targetSpecs`. Early outputs as
 * `Forward.outputs`; late ones `terms`, `total` and `gradient.<group>`, the
 * gradients as they are: scaled, neither masked nor clipped.
 */
export function recordPass(recording: Recording): CompiledSplit {
  const { engine, step, settings } = recording;
  const targets = targetSpecs(step.config);
  const specs: TensorSpecs = {
    ...inputSpecs(step.config),
    ...targets,
    scale: { shape: [], dtype: "float32" },
    seed: { shape: [2], dtype: "int32" },
    ...weightSpecs(recording),
  };
  return engine.compileSplit(
    (inputs) => body(recording, inputs),
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
  { step, settings, groups, synchronize }: Recording,
  inputs: Tensors,
): { early: Tensors; late: Tensors } {
  const params = weightsOf(groups, inputs);
  const scale = scalesLoss(settings) ? inputs.scale as tf.Scalar : undefined;
  const pass = passOf(inputs, synchronize);
  const found = differentiate(step, params, inputs, inputs, pass, scale);
  const late: Tensors = { terms: found.terms, total: found.total };
  for (const group of groups) {
    late[`gradient.${group.key}`] = concat(group, found.gradients);
  }
  return { early: found.outputs, late };
}

/**
 * A training pass whose random numbers follow the step's seed.
 * @param calls draws that were made before
 */
function passOf(
  inputs: Tensors,
  synchronize: Synchronize | undefined,
  calls = 0,
): Pass {
  return {
    training: true,
    ...synchronize && { synchronize },
    updates: new Map(),
    uniform(shape) {
      const offset = tf.tensor1d([1009 * ++calls, 0], "int32");
      return statelessUniform(shape, tf.add(inputs.seed!, offset));
    },
    recompute: {
      barrier,
      replay() {
        const { updates: _, recompute: __, ...pass } = passOf(
          inputs,
          synchronize,
          calls,
        );
        return pass;
      },
    },
  };
}
