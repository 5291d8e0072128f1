/**
 * Losses of the 2D head, in the graph, from dense targets.
 *
 * Source: FocalHead.loss_single of exiawsh/StreamPETR; QualityFocalLoss (Li
 * et al. 2020), GIoULoss, L1Loss and GaussianFocalLoss of mmdet 2.28.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "../training/detach.ts";
import type { Objective } from "../training/objective.ts";
import { binaryCrossEntropy, divide } from "../training/reduce.ts";
import type { FocalPredictions } from "./head.ts";
import type { ImageSize } from "./matcher.ts";
import { overlaps } from "./overlap.ts";

/** Dense targets of T tokens of I images, with their divisors. */
export interface FocalLossTargets {
  /** [I, T] int32 class, `classes` for background. */
  labels: tf.Tensor;
  /** [I, T, 4] cx, cy, w, h as shares of the image. */
  boxes: tf.Tensor;
  /** [I, T, 2] */
  centers: tf.Tensor;
  /** [I, T] 1 for matched tokens. */
  weights: tf.Tensor;
  /** [I, T] */
  heatmap: tf.Tensor;
  /** Divisor of the class loss: positives here, at least 1. */
  classNorm: tf.Scalar;
  /** Divisor of GIoU: positives here, as they are. */
  overlapNorm: tf.Scalar;
  /** Divisor of the rest: positives, mean over processes, at least 1. */
  boxNorm: tf.Scalar;
}

const WEIGHTS = { class: 2, box: 5, overlap: 2, center: 10 };

/** The five terms by the reference's names, and their sum. */
export function focalObjective(
  predictions: FocalPredictions,
  targets: FocalLossTargets,
  size: ImageSize,
): Objective {
  const { weights, boxNorm } = targets;
  const { iou, giou } = overlaps(predictions.boxes, targets.boxes, size);
  const quality = qualityLoss(
    predictions.classScores,
    targets.labels,
    detach(iou),
  );
  const terms = {
    enc_loss_cls: term(quality, targets.classNorm, WEIGHTS.class),
    enc_loss_bbox: term(
      distance(predictions.boxes, targets.boxes, weights),
      boxNorm,
      WEIGHTS.box,
    ),
    enc_loss_iou: term(
      tf.sum(tf.mul(tf.sub(1, giou), weights)),
      targets.overlapNorm,
      WEIGHTS.overlap,
    ),
    centers2d_losses: term(
      distance(predictions.centers, targets.centers, weights),
      boxNorm,
      WEIGHTS.center,
    ),
    centerness_losses: term(
      gaussianLoss(predictions.centerness, targets.heatmap),
      boxNorm,
      1,
    ),
  };
  return { total: tf.addN(Object.values(terms)) as tf.Scalar, terms };
}

function term(sum: tf.Tensor, count: tf.Scalar, weight: number): tf.Scalar {
  return tf.mul(divide(sum, count), weight) as tf.Scalar;
}

function distance(
  predicted: tf.Tensor,
  wanted: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor {
  const difference = tf.abs(tf.sub(predicted, wanted));
  return tf.sum(tf.mul(difference, tf.expandDims(weights, -1)));
}

/** Cross entropy against the overlap, times |overlap − p|². */
function qualityLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  overlap: tf.Tensor,
): tf.Tensor {
  const classes = logits.shape.at(-1)!;
  const hot = tf.oneHot(tf.cast(labels, "int32"), classes, 1, 0, "float32");
  const target = tf.mul(hot, tf.expandDims(overlap, -1));
  const wrong = tf.sub(target, tf.sigmoid(logits));
  return tf.sum(
    tf.mul(binaryCrossEntropy(logits, target), tf.square(wrong)),
  );
}

/** Gaussian focal loss, α 2, γ 4; only cells of exactly 1 are positive. */
function gaussianLoss(logits: tf.Tensor, heatmap: tf.Tensor): tf.Tensor {
  const p = tf.clipByValue(
    tf.reshape(tf.sigmoid(logits), heatmap.shape),
    1e-4,
    1 - 1e-4,
  );
  const q = tf.sub(1, p);
  const log = (x: tf.Tensor) => tf.log(tf.add(x, 1e-12));
  const positive = tf.cast(tf.equal(heatmap, 1), "float32");
  const far = tf.square(tf.square(tf.sub(1, heatmap)));
  const found = tf.mul(tf.mul(log(p), tf.square(q)), positive);
  const ghosts = tf.mul(tf.mul(log(q), tf.square(p)), far);
  return tf.neg(tf.sum(tf.add(found, ghosts)));
}
