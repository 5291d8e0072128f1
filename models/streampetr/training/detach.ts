/** Values without gradients. @module */
import * as tf from "@tensorflow/tfjs-core";

/**
 * The same values, through which no gradient flows.
 *
 * tfjs knows no such operation; it does not follow what happens within a
 * kernel, and this copy claims to happen there. Unlike a custom gradient of
 * zero, it also cuts paths with operations that have no gradient.
 */
export function detach<T extends tf.Tensor>(x: T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return tf.clone(x);
  } finally {
    state.kernelDepth--;
  }
}
