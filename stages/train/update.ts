/**
 * The recorded optimizer: gradients of a whole batch to new weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type {
  Compiled,
  TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";
import {
  adamw,
  clipByGlobalNorm,
  emaStep,
  globalNorm,
  type Tensors,
  type TensorSpecs,
} from "../../models/mod.ts";
import { below } from "./arrays.ts";
import type { Group } from "./flat.ts";
import { scalesLoss } from "./scaling.ts";
import type { TrainSettings } from "./settings.ts";
import { kindsOf } from "./state.ts";

/**
 * Records unscaling, clipping, AdamW and the moving average.
 *
 * Inputs: `weight.*`, `mean.*`, `variance.*`, with EMA `average.*`, and
 * `gradient.*` of every group; scalars `lr`, `step` (from 1), `unscale`, 1 /
 * the loss scale, `share` of the new weights in the average, and `beta`, the
 * first of AdamW where a schedule moves it; with EMA also
 * `weight.*` and `average.*` of the statistics that move. Outputs: the new
 * state, and `norms` [2]: that of the gradients before clipping and that of
 * the new weights. Where either is not finite, nothing of the result may be
 * used.
 *
 * @param statistics shapes of the running statistics that move, by name.
 */
export function recordUpdate(
  engine: TensorFlowEngine,
  settings: TrainSettings,
  groups: readonly Group[],
  statistics: Record<string, number[]>,
): Compiled {
  const specs: TensorSpecs = {};
  for (const name of ["lr", "step", "unscale", "share", "beta"]) {
    specs[name] = { shape: [], dtype: "float32" };
  }
  for (const { key, sizes } of groups) {
    const length = sizes.reduce((a, b) => a + b, 0);
    for (const kind of [...kindsOf(settings), "gradient"]) {
      specs[`${kind}.${key}`] = { shape: [length], dtype: "float32" };
    }
  }
  for (const [name, shape] of Object.entries(settings.ema ? statistics : {})) {
    specs[`weight.${name}`] = specs[`average.${name}`] = {
      shape,
      dtype: "float32",
    };
  }
  return engine.compile(
    (inputs) => body(settings, groups, inputs),
    specs,
    { name: "update", jit: settings.jit ?? engine.device === "gpu" },
  );
}

/** Gradients by group without the loss scale, zero in frozen rows. */
function unscaled(
  settings: TrainSettings,
  groups: readonly Group[],
  inputs: Tensors,
): Tensors {
  return Object.fromEntries(groups.map(({ key, mask }) => {
    const scaled = inputs[`gradient.${key}`]!;
    const gradient = scalesLoss(settings)
      ? tf.mul(scaled, inputs.unscale!)
      : scaled;
    return [key, mask ? tf.mul(gradient, mask) : gradient];
  }));
}

/** Frozen rows keep their values, weight decay included. */
function moveRows(old: tf.Tensor, moved: tf.Tensor, mask: Group["mask"]) {
  return mask ? tf.add(old, tf.mul(tf.sub(moved, old), mask)) : moved;
}

function body(
  settings: TrainSettings,
  groups: readonly Group[],
  inputs: Tensors,
): Tensors {
  const { optimizer } = settings;
  const weights = below("weight.", inputs);
  const clipped = clipByGlobalNorm(
    unscaled(settings, groups, inputs),
    optimizer.clip ?? Infinity,
  );
  const [beta, ...betas] = optimizer.betas;
  const moves = settings.schedule.momentum_ratio !== null;
  const factors = new Map(groups.map((group) => [group.key, group]));
  const next = adamw(
    weights,
    clipped.gradients,
    { mean: below("mean.", inputs), variance: below("variance.", inputs) },
    inputs.lr as tf.Scalar,
    inputs.step as tf.Scalar,
    {
      betas: [moves ? inputs.beta as tf.Scalar : beta, ...betas],
      eps: optimizer.eps,
      weightDecay: optimizer.weight_decay,
      multipliers: (key) => factors.get(key)!,
    },
  );
  const outputs: Tensors = {};
  for (const { key, mask } of groups) {
    outputs[`weight.${key}`] = moveRows(weights[key]!, next.params[key]!, mask);
    outputs[`mean.${key}`] = next.moments.mean[key]!;
    outputs[`variance.${key}`] = next.moments.variance[key]!;
  }
  const moved = below("weight.", outputs);
  const averages = emaStep(
    below("average.", inputs),
    { ...weights, ...moved },
    inputs.share as tf.Scalar,
  );
  for (const [name, average] of Object.entries(averages)) {
    outputs[`average.${name}`] = average;
  }
  outputs.norms = tf.stack([clipped.norm, globalNorm(moved)]);
  return outputs;
}
