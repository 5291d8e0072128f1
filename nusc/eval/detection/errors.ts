/**
 * How far matched boxes are from their ground truth.
 * Source: nuscenes-devkit, eval/common/utils.py.
 * @module
 */
import { DatasetError, ResultsError } from "../../errors.ts";
import { headingOf } from "../../geometry/mod.ts";
import { NO_ATTRIBUTE, type ResultBoxes } from "../../results/mod.ts";
import type { ErrorName } from "./config.ts";
import type { ClassBoxes } from "./match.ts";

/** Errors of pairs of prediction and ground truth. */
export function boxErrors(
  { predictions, truth, period }: ClassBoxes,
  pairs: readonly (readonly [prediction: number, truth: number])[],
): Record<ErrorName, Float64Array> {
  const each = (error: (p: number, t: number) => number) =>
    Float64Array.from(pairs, ([p, t]) => error(p, t));
  return {
    trans_err: each((p, t) =>
      distance(predictions.translation, 3 * p, truth.translation, 3 * t)
    ),
    scale_err: each((p, t) => 1 - alignedIou(predictions, p, truth, t)),
    orient_err: each((p, t) =>
      angleBetween(yaw(truth, t), yaw(predictions, p), period)
    ),
    vel_err: each((p, t) =>
      distance(predictions.velocity, 2 * p, truth.velocity, 2 * t)
    ),
    attr_err: each((p, t) => {
      if (truth.attribute[t] === NO_ATTRIBUTE) return NaN;
      return truth.attribute[t] === predictions.attribute[p] ? 0 : 1;
    }),
  };
}

/** Of the first two components. */
function distance(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
): number {
  const x = a[i]! - b[j]!;
  const y = a[i + 1]! - b[j + 1]!;
  return Math.sqrt(x * x + y * y);
}

/** Intersection over union if centres and orientations were equal. */
function alignedIou(
  a: ResultBoxes,
  i: number,
  b: ResultBoxes,
  j: number,
): number {
  let volumeA = 1, volumeB = 1, common = 1;
  for (let k = 0; k < 3; k++) {
    const sizeA = a.size[3 * i + k]!;
    const sizeB = b.size[3 * j + k]!;
    if (!(sizeA > 0)) refuseSize(ResultsError, "a matched result", a, i);
    if (!(sizeB > 0)) refuseSize(DatasetError, "an annotation", b, j);
    volumeA *= sizeA;
    volumeB *= sizeB;
    common *= Math.min(sizeA, sizeB);
  }
  return common / (volumeA + volumeB - common);
}

/** Names the box by its middle: rows of results have no token. */
function refuseSize(
  Kind: typeof ResultsError | typeof DatasetError,
  whose: string,
  { size, translation }: ResultBoxes,
  i: number,
): never {
  const of = (values: Float64Array) =>
    `[${values.subarray(3 * i, 3 * i + 3).join(", ")}]`;
  throw new Kind(
    `Found the size ${of(size)} of ${whose} (translation ` +
      `${of(translation)}), expected metres above 0. Write sizes as width, ` +
      "length, height",
  );
}

function yaw({ rotation }: ResultBoxes, i: number): number {
  return headingOf([
    rotation[4 * i]!,
    rotation[4 * i + 1]!,
    rotation[4 * i + 2]!,
    rotation[4 * i + 3]!,
  ]);
}

/** Smallest angle from y to x, without sign. */
function angleBetween(x: number, y: number, period: number): number {
  const turned = x - y + period / 2;
  const rest = turned - Math.floor(turned / period) * period;
  const difference = rest - period / 2;
  return Math.abs(
    difference > Math.PI ? difference - 2 * Math.PI : difference,
  );
}
