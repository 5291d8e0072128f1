/**
 * The 2D head of a training step, one of two kinds: StreamPETR's FocalHead
 * on one map, or RepDETR3D's YOLOX head on all of them.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Pass, Tensors } from "../../module.ts";
import { cellsOf } from "../../nn/deformable.ts";
import { mapSizes } from "../../repdetr3d/config.ts";
import {
  buildYoloxHead,
  type YoloxConfig,
  type YoloxHead,
  type YoloxPredictions,
} from "../../repdetr3d/yolox/head.ts";
import { YOLOX_TERMS, yoloxObjective } from "../../repdetr3d/yolox/loss.ts";
import {
  buildFocalHead,
  type FocalConfig,
  type FocalHead,
  type FocalPredictions,
} from "../focal/head.ts";
import { focalObjective } from "../focal/loss.ts";
import { chooseTokens, keptTokens } from "../focal/tokens.ts";
import type { Objective } from "./objective.ts";

/** Settings of FocalHead in a step. */
export interface FocalStepConfig extends FocalConfig {
  /** Default. */
  kind?: "focal";
  /** Share of the tokens that the 3D head attends to. */
  trainRatio: number;
}

/** Settings of the YOLOX head in a step. */
export interface YoloxStepConfig extends YoloxConfig {
  /** Tells it from {@linkcode FocalStepConfig}. */
  kind: "yolox";
}

/** Settings of the 2D head in a step. */
export type AuxiliaryConfig = FocalStepConfig | YoloxStepConfig;

/** The built 2D head. */
export type AuxiliaryHead = FocalHead | YoloxHead;

/** What a 2D head says. */
export type AuxiliaryPredictions = FocalPredictions | YoloxPredictions;

/** Builds the head of the settings. */
export function buildAuxiliary(config: AuxiliaryConfig): AuxiliaryHead {
  return config.kind === "yolox"
    ? buildYoloxHead(config)
    : buildFocalHead(config);
}

/** Cells that a 2D head looks at in one image. */
export function auxiliaryCells(config: AuxiliaryConfig): number {
  if (config.kind === "yolox") return cellsOf(mapSizes(config));
  return Math.floor(config.imageHeight / config.stride) *
    Math.floor(config.imageWidth / config.stride);
}

/** Names of its loss terms, in the order of the reference's log. */
export function auxiliaryTerms({ kind }: AuxiliaryConfig): readonly string[] {
  return kind === "yolox" ? YOLOX_TERMS : [
    "enc_loss_cls",
    "enc_loss_bbox",
    "enc_loss_iou",
    "centers2d_losses",
    "centerness_losses",
  ];
}

/** Lets the head see a detector's features [B, N, …, C]. */
export function lookAt(
  { kind }: AuxiliaryConfig,
  head: AuxiliaryHead,
  params: Params,
  features: tf.Tensor,
  pass: Pass,
): AuxiliaryPredictions {
  const [B, N, ...rest] = features.shape as [number, number, ...number[]];
  const images = tf.reshape(features, [B * N, ...rest]);
  return kind === "yolox"
    ? (head as YoloxHead).forward(params, images as tf.Tensor3D, pass)
    : (head as FocalHead).forward(params, images as tf.Tensor4D);
}

/** What the host matches with the ground truth. */
export function auxiliaryOutputs(
  { kind }: AuxiliaryConfig,
  seen: AuxiliaryPredictions,
): Tensors {
  const { classScores, boxes } = seen;
  if (kind === "yolox") {
    const { objectness } = seen as YoloxPredictions;
    return { classScores, boxes, objectness };
  }
  return { classScores, boxes, centers: (seen as FocalPredictions).centers };
}

/** The losses; targets by the names of the specs, without their prefix. */
export function auxiliaryObjective(
  config: AuxiliaryConfig,
  seen: AuxiliaryPredictions,
  targets: Tensors,
): Objective {
  return config.kind === "yolox"
    ? yoloxObjective(seen as YoloxPredictions, targets as never, config)
    : focalObjective(seen as FocalPredictions, targets as never, config);
}

/**
 * The tokens that the 3D head attends to, [B, k] indices among the N·h·w of a
 * frame; null for all of them, whose order would change nothing but the
 * rounding.
 */
export function tokensOf(
  config: AuxiliaryConfig,
  seen: AuxiliaryPredictions,
  batch: number,
  cameras: number,
): tf.Tensor2D | null {
  if (config.kind === "yolox") return null;
  const count = cameras * auxiliaryCells(config);
  const kept = keptTokens(count, config.trainRatio);
  return kept === count
    ? null
    : chooseTokens(seen as FocalPredictions, batch, kept);
}
