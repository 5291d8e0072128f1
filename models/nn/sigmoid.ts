/** The sigmoid's inverse. @module */
import * as tf from "@tensorflow/tfjs-core";

/**
 * log(x / (1 − x)) of x clamped to [0, 1], both terms at least eps: ±11.51
 * at the ends for the usual 1e-5.
 */
export function inverseSigmoid(x: tf.Tensor, eps = 1e-5): tf.Tensor {
  const inside = tf.clipByValue(x, 0, 1);
  const odds = tf.maximum(inside, eps);
  const against = tf.maximum(tf.sub(1, inside), eps);
  return tf.log(tf.div(odds, against));
}
