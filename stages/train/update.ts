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
  globalNorm,
  type Tensors,
  type TensorSpecs,
} from "../../models/mod.ts";
import { below } from "./arrays.ts";
import type { Group } from "./flat.ts";
import { scalesLoss } from "./scaling.ts";
import type { TrainSettings } from "./settings.ts";
import { KINDS } from "./state.ts";

/**
 * Records unscaling, clipping and AdamW.
 *
 * Inputs: `weight.*`, `mean.*`, `variance.*` and `gradient.*` of every group;
 * scalars `lr`, `step` (from 1) and `unscale`, 1 / the loss scale. Outputs:
 * the new first three, and `norms` [2]: that of the gradients before clipping
 * and that of the new weights. Where either is not finite, nothing of the
 * result may be used.
 */
export function recordUpdate(
  engine: TensorFlowEngine,
  settings: TrainSettings,
  groups: readonly Group[],
): Compiled {
  const specs: TensorSpecs = {};
  for (const name of ["lr", "step", "unscale"]) {
    specs[name] = { shape: [], dtype: "float32" };
  }
  for (const { key, sizes } of groups) {
    const length = sizes.reduce((a, b) => a + b, 0);
    for (const kind of [...KINDS, "gradient"]) {
      specs[`${kind}.${key}`] = { shape: [length], dtype: "float32" };
    }
  }
  return engine.compile(
    (inputs) => body(settings, groups, inputs),
    specs,
    { name: "update", jit: settings.jit ?? engine.device === "gpu" },
  );
}

function body(
  settings: TrainSettings,
  groups: readonly Group[],
  inputs: Tensors,
): Tensors {
  const { optimizer } = settings;
  const weights = below("weight.", inputs);
  const flat = Object.fromEntries(groups.map(({ key, mask }) => {
    const scaled = inputs[`gradient.${key}`]!;
    const gradient = scalesLoss(settings)
      ? tf.mul(scaled, inputs.unscale!)
      : scaled;
    return [key, mask ? tf.mul(gradient, mask) : gradient];
  }));
  const clipped = clipByGlobalNorm(flat, optimizer.clip);
  const factors = new Map(groups.map((group) => [group.key, group]));
  const next = adamw(
    weights,
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
  const outputs: Tensors = {};
  for (const { key, mask } of groups) {
    const [old, moved] = [weights[key]!, next.params[key]!];
    // Frozen rows keep their values, weight decay included.
    outputs[`weight.${key}`] = mask
      ? tf.add(old, tf.mul(tf.sub(moved, old), mask))
      : moved;
    outputs[`mean.${key}`] = next.moments.mean[key]!;
    outputs[`variance.${key}`] = next.moments.variance[key]!;
  }
  const after = globalNorm(below("weight.", outputs));
  outputs.norms = tf.stack([clipped.norm, after]);
  return outputs;
}
