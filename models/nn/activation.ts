/** @module Functions without parameters. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * log(x / (1 − x)) with x clamped to [0, 1] and both sides to at least eps.
 * Source: mmdet.models.utils.transformer.inverse_sigmoid.
 */
export function inverseSigmoid(x: tf.Tensor, eps = 1e-5): tf.Tensor {
  const inside = tf.clipByValue(x, 0, 1);
  return tf.log(tf.div(
    tf.maximum(inside, eps),
    tf.maximum(tf.sub(1, inside), eps),
  ));
}
