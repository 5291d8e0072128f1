/** Fixtures and tensors in the forms that training takes. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../../models/module.ts";
import {
  type Arrays,
  completeTargets,
  matchStep,
  type Prepared,
  type Sample,
} from "../../models/streampetr/training/host.ts";
import type { Costs } from "../../models/streampetr/training/hungarian.ts";
import {
  inputSpecs,
  type StepConfig,
  targetSpecs,
} from "../../models/streampetr/training/spec.ts";
import type { GoldenArray } from "../support/golden.ts";

/** Rows of an array [n, width]. */
export function rowsOf({ data, shape }: GoldenArray): number[][] {
  const [count, width = 1] = shape as [number, number?];
  return Array.from(
    { length: count },
    (_, i) => [...data.subarray(i * width, (i + 1) * width)],
  );
}

/** Boxes [n, 9] whose z is the bottom, with z of the gravity centre. */
export function gravityBoxes(array: GoldenArray): number[][] {
  return rowsOf(array).map(([x, y, z, l, w, h, ...rest]) => [
    ...[x!, y!, Math.fround(z! + h! / 2)],
    ...[l!, w!, h!],
    ...rest,
  ]);
}

/** Arrays by the specs of a step. */
export function asTensors(config: StepConfig, arrays: Arrays): Tensors {
  const specs = { ...inputSpecs(config), ...targetSpecs(config) };
  return Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => {
      const { shape, dtype } = specs[name]!;
      return [name, tf.tensor(data, shape, dtype)];
    }),
  );
}

/** The targets of a step whose forward pass gave these outputs. */
export function targetsOf(
  config: StepConfig,
  outputs: Tensors,
  samples: readonly Sample[],
  { denoising }: Pick<Prepared, "denoising">,
): Arrays {
  const matched = matchStep(config, readAll(outputs), samples, denoising);
  return completeTargets(config, matched);
}

/** The numbers of tensors. */
export function readAll(tensors: Tensors): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(tensors).map((
      [name, x],
    ) => [name, x.dataSync() as Float32Array]),
  );
}

/** Costs as the reference has them: a row for each prediction. */
export function byPrediction(
  { data, rows, columns }: Costs,
): { data: Float64Array; shape: number[] } {
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    out[column * rows + row] = data[i]!;
  }
  return { data: out, shape: [columns, rows] };
}
