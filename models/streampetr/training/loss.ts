/**
 * Losses of the 3D head, in the graph, from dense targets.
 *
 * Source: loss_single and dn_loss_single of exiawsh/StreamPETR
 * (streampetr_head.py); FocalLoss and L1Loss of mmdet 2.28.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { binaryCrossEntropy, divide } from "./reduce.ts";

/** Weights of the terms. */
export interface LossWeights {
  /** Of focal losses. */
  class: number;
  /** Of L1 losses. */
  box: number;
  /** Of denoising, on top of the two above. */
  denoising: number;
  /** [10] of code entries. */
  codes: readonly number[];
}

/** The reference's weights, but for those of codes. */
export const LOSS_WEIGHTS = { class: 2, box: 0.25, denoising: 1 };

/** Predictions of some queries of all layers. */
export interface LossInputs {
  /** [L, B, n, classes] logits. */
  classScores: tf.Tensor;
  /** [L, B, n, 10] */
  boxCodes: tf.Tensor;
}

/** What they are to be; without the first axis, the same for all layers. */
export interface LossTargets {
  /** [L?, B, n] int32: class, `classes` for background, −1 for no query. */
  labels: tf.Tensor;
  /** [L?, B, n, 10] codes. */
  boxes: tf.Tensor;
  /** [L?, B, n] 1 where the box counts. */
  weights: tf.Tensor;
  /** Divisor of the focal loss: positives here, at least 1. */
  classNorm: tf.Scalar;
  /** Divisor of the L1 loss: positives, mean over processes, at least 1. */
  boxNorm: tf.Scalar;
}

/** Both losses of every layer, [L]. */
export interface LayerLosses {
  /** Focal losses. */
  classes: tf.Tensor;
  /** L1 losses. */
  boxes: tf.Tensor;
}

/** Focal and L1 loss of every layer. */
export function layerLosses(
  { classScores, boxCodes }: LossInputs,
  targets: LossTargets,
  weights: LossWeights,
): LayerLosses {
  const focal = focalLoss(classScores, targets.labels);
  const distance = tf.abs(tf.sub(boxCodes, targets.boxes));
  const counted = tf.mul(
    tf.expandDims(targets.weights, -1),
    tf.tensor1d([...weights.codes]),
  );
  const l1 = tf.sum(tf.mul(distance, counted), [1, 2, 3]);
  return {
    classes: tf.mul(divide(focal, targets.classNorm), weights.class),
    boxes: tf.mul(divide(l1, targets.boxNorm), weights.box),
  };
}

/** Sigmoid focal loss (Lin et al. 2017), α 0.25, γ 2, by layer: [L]. */
function focalLoss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const classes = logits.shape.at(-1)!;
  const target = tf.oneHot(tf.cast(labels, "int32"), classes, 1, 0, "float32");
  const other = tf.sub(1, target);
  const p = tf.sigmoid(logits);
  const wrong = tf.add(
    tf.mul(tf.sub(1, p), target),
    tf.mul(p, other),
  );
  const alpha = tf.add(tf.mul(target, 0.25), tf.mul(other, 0.75));
  const queried = tf.cast(tf.greaterEqual(labels, 0), "float32");
  const weight = tf.mul(alpha, tf.expandDims(queried, -1));
  const loss = tf.mul(
    binaryCrossEntropy(logits, target),
    tf.mul(tf.square(wrong), weight),
  );
  return tf.sum(loss, [1, 2, 3]);
}

/**
 * The terms by the reference's names: `loss_cls`, `loss_bbox` of the last
 * layer and `d0.loss_cls` … of those before it.
 *
 * @param kind `loss` or `dn_loss`.
 */
export function layerTerms(
  { classes, boxes }: LayerLosses,
  kind: "loss" | "dn_loss",
): Record<string, tf.Scalar> {
  const layers = classes.shape[0]!;
  const terms: Record<string, tf.Scalar> = {};
  const of = (values: tf.Tensor, layer: number) =>
    tf.reshape(tf.slice(values, [layer], [1]), []) as tf.Scalar;
  for (const layer of [layers - 1, ...Array(layers - 1).keys()]) {
    const prefix = layer === layers - 1 ? kind : `d${layer}.${kind}`;
    terms[`${prefix}_cls`] = of(classes, layer);
    terms[`${prefix}_bbox`] = of(boxes, layer);
  }
  return terms;
}
