/**
 * Parts that losses share.
 *
 * Source: weight_reduce_loss of mmdet 2.28 (models/losses/utils.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Float32's epsilon, which mmdet adds to every divisor. */
const EPSILON = 2 ** -23;

/** Sums over a count, as mmdet divides. */
export function divide<T extends tf.Tensor>(sum: T, count: tf.Scalar): T {
  return tf.div(sum, tf.add(count, EPSILON)) as T;
}

/** −t·log p − (1 − t)·log(1 − p), p = sigmoid(logit), of each logit; stable. */
export function binaryCrossEntropy(
  logits: tf.Tensor,
  target: tf.Tensor,
): tf.Tensor {
  return tf.sub(tf.softplus(logits), tf.mul(logits, target));
}
