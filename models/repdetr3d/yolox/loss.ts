/**
 * Losses of the 2D head, in the graph, from dense targets.
 *
 * Source: YOLOXHeadCustom.loss of StreamPETR; IoULoss (mode square),
 * CrossEntropyLoss and L1Loss of mmdet 2.28.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Objective } from "../../streampetr/training/objective.ts";
import { binaryCrossEntropy } from "../../streampetr/training/reduce.ts";
import type { YoloxPredictions } from "./head.ts";
import { decodeBoxes, type PriorLayout } from "./priors.ts";

/** Dense targets of T cells of I images, with their divisor. */
export interface YoloxLossTargets {
  /** [I, T] 1 where a cell has an object. */
  weights: tf.Tensor;
  /** [I, T] int32 class. */
  labels: tf.Tensor;
  /** [I, T] IoU of prediction and object. */
  overlaps: tf.Tensor;
  /** [I, T, 4] corners, pixels. */
  boxes: tf.Tensor;
  /** [I, T, 4] */
  codes: tf.Tensor;
  /** [I, T, 2] */
  centers: tf.Tensor;
  /** Cells with an object, mean over processes, at least 1. */
  norm: tf.Scalar;
}

/** Terms by the reference's names, in the order of its log. */
export const YOLOX_TERMS = [
  "enc_loss_cls",
  "enc_loss_iou",
  "enc_loss_obj",
  "enc_loss_centers2d",
  "enc_loss_bbox",
] as const;

const BOX_WEIGHT = 5;

/** The five terms and their sum. */
export function yoloxObjective(
  predictions: YoloxPredictions,
  targets: YoloxLossTargets,
  layout: PriorLayout,
): Objective {
  const { weights } = targets;
  const counted = tf.expandDims(weights, -1);
  // Cells without object could overflow in exp, whose gradient is then NaN.
  const codes = tf.where(
    tf.greater(tf.add(tf.zerosLike(predictions.codes), counted), 0.5),
    predictions.codes,
    tf.zerosLike(predictions.codes),
  );
  const sums = {
    enc_loss_cls: classLoss(predictions.classScores, targets),
    enc_loss_iou: tf.mul(
      tf.sum(tf.mul(
        tf.sub(1, squaredOverlap(decodeBoxes(layout, codes), targets.boxes)),
        weights,
      )),
      BOX_WEIGHT,
    ),
    enc_loss_obj: tf.sum(binaryCrossEntropy(predictions.objectness, weights)),
    enc_loss_centers2d: distance(predictions.centers, targets.centers, counted),
    enc_loss_bbox: distance(codes, targets.codes, counted),
  } satisfies Record<(typeof YOLOX_TERMS)[number], tf.Tensor>;
  const terms = Object.fromEntries(
    Object.entries(sums).map(([name, sum]) =>
      [name, tf.div(sum, targets.norm) as tf.Scalar] as const
    ),
  );
  return { total: tf.addN(Object.values(terms)) as tf.Scalar, terms };
}

/** Cross entropy of cells with an object against its class's overlap. */
function classLoss(
  logits: tf.Tensor,
  { labels, overlaps, weights }: YoloxLossTargets,
): tf.Tensor {
  const classes = logits.shape.at(-1)!;
  const hot = tf.oneHot(tf.cast(labels, "int32"), classes, 1, 0, "float32");
  const target = tf.mul(hot, tf.expandDims(overlaps, -1));
  const loss = binaryCrossEntropy(logits, target);
  return tf.sum(tf.mul(loss, tf.expandDims(weights, -1)));
}

function distance(
  predicted: tf.Tensor,
  wanted: tf.Tensor,
  counted: tf.Tensor,
): tf.Tensor {
  return tf.sum(tf.mul(tf.abs(tf.sub(predicted, wanted)), counted));
}

/** IoU² [...] of corners [..., 4], pair by pair. */
function squaredOverlap(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [aLow, aHigh] = tf.split(a, 2, -1) as [tf.Tensor, tf.Tensor];
  const [bLow, bHigh] = tf.split(b, 2, -1) as [tf.Tensor, tf.Tensor];
  const shared = area(tf.maximum(aLow, bLow), tf.minimum(aHigh, bHigh));
  const union = tf.sub(tf.add(area(aLow, aHigh), area(bLow, bHigh)), shared);
  return tf.square(tf.div(shared, tf.maximum(union, 1e-6)));
}

/** Width times height, zero for boxes turned inside out. */
function area(low: tf.Tensor, high: tf.Tensor): tf.Tensor {
  const sides = tf.maximum(tf.sub(high, low), 0);
  const [width, height] = tf.split(sides, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.squeeze(tf.mul(width, height), [-1]);
}
