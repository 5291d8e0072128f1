/** Gradient clipping by the norm of all gradients together. @module */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Tensors } from "../module.ts";

/** √ Σ g² over all gradients; not finite as soon as one value is not. */
export function globalNorm(gradients: Params): tf.Scalar {
  const squares = Object.values(gradients).map((x) => tf.sum(tf.square(x)));
  return tf.sqrt(tf.addN(squares) as tf.Scalar);
}

/**
 * Scales all gradients by min(1, maxNorm / (norm + 1e-6)), as
 * torch.nn.utils.clip_grad_norm_ does.
 *
 * @returns The gradients and their norm before clipping.
 */
export function clipByGlobalNorm(
  gradients: Params,
  maxNorm: number,
): { gradients: Tensors; norm: tf.Scalar } {
  const norm = globalNorm(gradients);
  const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  const clipped = Object.entries(gradients)
    .map(([name, x]) => [name, tf.mul(x, scale)]);
  return { gradients: Object.fromEntries(clipped), norm };
}
