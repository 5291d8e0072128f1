/**
 * The host's part of a training step: what is drawn before it, and the
 * matching in its middle. Typed arrays only.
 * @module
 */
import type { Random } from "../../random.ts";
import type { GroundTruth2D } from "../focal/matcher.ts";
import { auxiliaryCells } from "./auxiliary.ts";
import { auxiliaryNorms, matchAuxiliary } from "./auxiliary_host.ts";
import type { GroundTruth } from "./codes.ts";
import { type Denoising, prepareDenoising } from "./denoise.ts";
import { gridMask, type GridMaskRandom } from "./gridmask.ts";
import { MATCHING } from "./matcher.ts";
import {
  inputSpecs,
  type StepConfig,
  targetSpecs,
  type TensorSpecs,
} from "./spec.ts";
import { matchTargets } from "./targets.ts";

/** Ground truth of one sample, as the loader's frames hold it. */
export interface Sample {
  /** Objects in the (augmented) LiDAR frame. */
  readonly labels: GroundTruth;
  /** One an image, in camera order; unread without a 2D head. */
  readonly labels2d: readonly GroundTruth2D[];
}

/** Numbers by the names of the specs. */
export type Arrays = Record<string, Float32Array | Int32Array>;

/** The random numbers of a step. */
export interface StepDraws {
  /** Uniform [0, 1), see {@linkcode prepareDenoising}. */
  denoising: () => number;
  /** See {@linkcode gridMask}. */
  gridMask: GridMaskRandom;
}

/** Independent draws from one stream. */
export function drawsOf(random: Random): StepDraws {
  return {
    denoising: random.fork("denoising").uniform,
    gridMask: random.fork("grid mask"),
  };
}

/** What was drawn for a step. */
export interface Prepared {
  /** Inputs of `inputSpecs` beside frame and memory. */
  inputs: Arrays;
  /** What the second half needs to know of the denoising queries. */
  denoising: Denoising | null;
}

/** Draws denoising queries and the grid mask of a batch. */
export function prepareStep(
  config: StepConfig,
  samples: readonly Sample[],
  draws: StepDraws,
): Prepared {
  const { head, denoising } = config;
  const inputs: Arrays = {};
  const noised = denoising && prepareDenoising(
    samples.map(({ labels }) => labels),
    denoising,
    head.pcRange,
    head.classes,
    draws.denoising,
  );
  if (noised) {
    inputs["denoising.referencePoints"] = noised.referencePoints;
    inputs["denoising.padding"] = noised.padding;
  }
  if (config.gridMask > 0) {
    const { imageHeight, imageWidth } = head;
    inputs.gridMask = gridMask(
      imageHeight,
      imageWidth,
      config.gridMask,
      draws.gridMask,
    );
  }
  checkArrays(inputs, inputSpecs(config));
  return { inputs, denoising: noised };
}

/** How many examples the losses of this process hold. */
export interface Counts {
  /** Matched queries of a layer. */
  matched: number;
  /** Denoising rows in use. */
  denoising: number;
  /** Matched tokens; how many SimOTA gives, only matching tells. */
  focal: number | "unknown";
  /** B of the batch that is counted, where it is more than the step's. */
  streams?: number;
}

/**
 * The counts that matching a batch will give: every object finds its query
 * or token as long as there are enough of them.
 */
export function countsOf(
  { batch, head, focal }: StepConfig,
  samples: readonly Sample[],
  denoising: Denoising | null,
): Counts {
  const queries = head.queries + head.propagated;
  const tokens = focal === null ? 0 : auxiliaryCells(focal);
  const found = (labels: ArrayLike<number>, places: number) =>
    Math.min(labels.length, places);
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
  const objects = samples.flatMap(({ labels2d }) =>
    labels2d.map(({ labels }) => found(labels, tokens))
  );
  return {
    matched: sum(samples.map(({ labels }) => found(labels.labels, queries))),
    denoising: denoising?.count ?? 0,
    focal: focal?.kind === "yolox" ? "unknown" : sum(objects),
    streams: batch,
  };
}

/** Targets but for the divisors, which need the counts of all processes. */
export interface Matched {
  /** Entries of `targetSpecs`. */
  arrays: Arrays;
  /** What the divisors are made of. */
  counts: Counts;
}

/**
 * Matches a step's predictions with the ground truth.
 *
 * @param outputs `classScores`, `boxCodes`, and with a 2D head
 *   the step's outputs `focal.*`.
 */
export function matchStep(
  config: StepConfig,
  outputs: Readonly<Record<string, Float32Array>>,
  samples: readonly Sample[],
  denoising: Denoising | null,
): Matched {
  return withDenoising(matchPredictions(config, outputs, samples), denoising);
}

/** {@linkcode matchStep} without what denoising queries are to learn. */
export function matchPredictions(
  { head, focal }: StepConfig,
  outputs: Readonly<Record<string, Float32Array>>,
  samples: readonly Sample[],
): Matched {
  const matched = matchTargets(
    { classScores: outputs.classScores!, boxCodes: outputs.boxCodes! },
    samples.map(({ labels }) => labels),
    head.layers,
    head.classes,
    { ...MATCHING, codeWeights: head.codeWeights },
  );
  const seen = focal && matchAuxiliary(
    focal,
    outputs,
    samples.flatMap(({ labels2d }) => labels2d),
  );
  return {
    arrays: {
      ...arraysOf("matched", matched),
      ...seen && arraysOf("focal", seen),
    },
    counts: {
      matched: matched.positives,
      denoising: 0,
      focal: seen?.positives ?? 0,
    },
  };
}

/** Adds what denoising queries are to learn, which no matching decides. */
export function withDenoising(
  { arrays, counts }: Matched,
  denoising: Denoising | null,
): Matched {
  if (denoising === null) return { arrays, counts };
  return {
    arrays: { ...arrays, ...denoisingArrays(denoising) },
    counts: { ...counts, denoising: denoising.count },
  };
}

function denoisingArrays(denoising: Denoising): Arrays {
  const { labels, boxes, weights, count } = denoising;
  const present = Float32Array.of(count > 0 ? 1 : 0);
  return arraysOf("denoising", { labels, boxes, weights, present });
}

/** The typed arrays among some values, named `<group>.<key>`. */
function arraysOf(group: string, values: object): Arrays {
  const arrays: Arrays = {};
  for (const [name, data] of Object.entries(values)) {
    if (ArrayBuffer.isView(data)) {
      arrays[`${group}.${name}`] = data as Float32Array;
    }
  }
  return arrays;
}

/** The reference's own π. */
const PI = 3.14159;

/**
 * Everything that `targetSpecs` names.
 *
 * @param mean Counts averaged over all processes, for the divisors that the
 *   reference averages; left out, this process is the only one.
 */
export function completeTargets(
  config: StepConfig,
  { arrays, counts }: Matched,
  mean: Counts = counts,
): Arrays {
  const atLeastOne = (value: number) => Float32Array.of(Math.max(value, 1));
  const targets: Arrays = {
    ...arrays,
    "matched.classNorm": atLeastOne(counts.matched),
    "matched.boxNorm": atLeastOne(mean.matched),
  };
  if (config.denoising !== null) {
    // The share of shifts within the sphere that stays positive.
    const positive = PI / 6 * config.denoising.split ** 3;
    targets["denoising.classNorm"] = atLeastOne(counts.denoising * positive);
    targets["denoising.boxNorm"] = atLeastOne(mean.denoising);
  }
  if (config.focal !== null) {
    const found = (of: Counts) =>
      of.focal === "unknown" ? estimated(config, arrays, of) : of.focal;
    const norms = auxiliaryNorms(config.focal, found(counts), found(mean));
    Object.assign(targets, norms);
  }
  const specs = targetSpecs(config);
  checkArrays(targets, specs);
  const missing = Object.keys(specs).filter((name) => !(name in targets));
  if (missing.length > 0) throw new Error(`Targets lack ${missing.join(", ")}`);
  return targets;
}

/** A whole batch's matched cells, from those of a part of it. */
function estimated(
  { batch }: StepConfig,
  arrays: Arrays,
  { streams = batch }: Counts,
): number {
  const weights = Array.from(arrays["focal.weights"]!);
  const own = weights.reduce((sum, one) => sum + one, 0);
  return own * streams / batch;
}

/** Sizes that disagree with a spec are a mistake in the program. */
function checkArrays(arrays: Arrays, specs: TensorSpecs): void {
  for (const [name, data] of Object.entries(arrays)) {
    const shape = specs[name]?.shape;
    if (shape?.reduce((a, b) => a * b, 1) !== data.length) {
      throw new Error(
        `Array "${name}" holds ${data.length} numbers, expected [${shape}]`,
      );
    }
  }
}
