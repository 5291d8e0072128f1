/**
 * The host's part of the 2D head: matching and divisors. Typed arrays only.
 * @module
 */
import { matchYoloxTargets } from "../../repdetr3d/yolox/targets.ts";
import type { GroundTruth2D } from "../focal/matcher.ts";
import { matchFocalTargets } from "../focal/targets.ts";
import type { AuxiliaryConfig } from "./auxiliary.ts";

/** Predictions by the names of a step's outputs. */
type Outputs = Readonly<Record<string, Float32Array>>;

/** Targets by name, and how many cells are to find an object. */
export type AuxiliaryTargets = object & { positives: number };

/** Matches the 2D head's predictions with the objects of all images. */
export function matchAuxiliary(
  config: AuxiliaryConfig,
  outputs: Outputs,
  images: readonly GroundTruth2D[],
): AuxiliaryTargets {
  const own = (name: string) => outputs[`focal.${name}`]!;
  const classScores = own("classScores");
  const boxes = own("boxes");
  if (config.kind === "yolox") {
    const objectness = own("objectness");
    return matchYoloxTargets(
      { classScores, boxes, objectness },
      images,
      config,
    );
  }
  const centers = own("centers");
  return matchFocalTargets({ classScores, boxes, centers }, images, config);
}

/**
 * Divisors of the losses, by name.
 * @param count cells of this process with an object
 * @param mean the same, averaged over all processes
 */
export function auxiliaryNorms(
  { kind }: AuxiliaryConfig,
  count: number,
  mean: number,
): Record<string, Float32Array> {
  const atLeastOne = (value: number) => Float32Array.of(Math.max(value, 1));
  if (kind === "yolox") return { "focal.norm": atLeastOne(mean) };
  return {
    "focal.classNorm": atLeastOne(count),
    "focal.overlapNorm": Float32Array.of(count),
    "focal.boxNorm": atLeastOne(mean),
  };
}
