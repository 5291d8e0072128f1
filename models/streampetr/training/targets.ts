/**
 * Targets of the 3D head: which query learns what, as dense arrays whose
 * shapes do not depend on the frame.
 * @module
 */
import {
  CODE_SIZE,
  encodeBoxes,
  type GroundTruth,
  writeTarget,
} from "./codes.ts";
import { match, type Matching } from "./matcher.ts";

/** Predictions of the matching queries (n = Q + P), read by the host. */
export interface MatchPredictions {
  /** [L, B, n, classes] logits. */
  classScores: Float32Array;
  /** [L, B, n, 10] */
  boxCodes: Float32Array;
}

/** What the matching queries of all layers are to predict. */
export interface Targets {
  /** [L, B, n] class, `classes` for background. */
  labels: Int32Array;
  /** [L, B, n, 10] codes, zeros where nothing counts. */
  boxes: Float32Array;
  /** [L, B, n] 1 for matched queries whose target is finite. */
  weights: Float32Array;
  /** Matched queries of one layer, over all samples. */
  positives: number;
}

/**
 * Matches every layer of every sample.
 *
 * @throws {RangeError} when the predictions are not those of `layers` layers
 *   of all samples.
 */
export function matchTargets(
  predictions: MatchPredictions,
  samples: readonly GroundTruth[],
  layers: number,
  classes: number,
  matching: Matching,
): Targets {
  const { classScores, boxCodes } = predictions;
  const parts = layers * samples.length;
  const count = boxCodes.length / (parts * CODE_SIZE);
  if (
    !Number.isInteger(count) || classScores.length !== parts * count * classes
  ) {
    throw new RangeError(
      `Cannot match ${classScores.length} logits and ${boxCodes.length} ` +
        `codes of ${layers} layers and ${samples.length} samples`,
    );
  }
  const targets: Targets = {
    labels: new Int32Array(parts * count).fill(classes),
    boxes: new Float32Array(boxCodes.length),
    weights: new Float32Array(parts * count),
    positives: 0,
  };
  samples.forEach((sample, b) => {
    const codes = encodeBoxes(sample.boxes);
    targets.positives += Math.min(count, sample.labels.length);
    for (let layer = 0; layer < layers; layer++) {
      const first = (layer * samples.length + b) * count;
      const slice = (data: Float32Array, width: number) =>
        data.subarray(first * width, (first + count) * width);
      const logits = slice(classScores, classes);
      const predicted = slice(boxCodes, CODE_SIZE);
      const { labels } = sample;
      const found = match(logits, predicted, labels, codes, matching);
      writeMatches(targets, first, found, labels, codes);
    }
  });
  return targets;
}

function writeMatches(
  targets: Targets,
  first: number,
  found: Int32Array,
  labels: ArrayLike<number>,
  codes: Float32Array,
): void {
  found.forEach((gt, query) => {
    if (gt < 0) return;
    const row = first + query;
    targets.labels[row] = labels[gt]!;
    writeTarget(codes, gt, targets.boxes, targets.weights, row);
  });
}
