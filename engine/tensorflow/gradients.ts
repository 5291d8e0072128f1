/**
 * Gradients with respect to named tensors.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "./function/specs.ts";

/** A value and its gradients. */
export interface Gradients {
  /** The function's result, a scalar. */
  value: tf.Scalar;
  /** By the names of the inputs, each of its input's shape. */
  grads: Tensors;
}

/**
 * Value and gradients of a scalar function of named tensors. A tensor that
 * does not reach the value has the gradient zero (tfjs's own functions throw).
 */
export function gradients(
  fn: (params: Tensors) => tf.Scalar,
  params: Tensors,
): Gradients {
  const names = Object.keys(params);
  const tensors = names.map((name) => params[name]!);
  const { value, grads } = tf.engine().gradients(
    () => fn(params),
    tensors,
    undefined,
    true,
  ) as { value: tf.Scalar; grads: (tf.Tensor | null | undefined)[] };
  return {
    value,
    grads: Object.fromEntries(
      names.map((name, i) => [name, grads[i] ?? tf.zerosLike(tensors[i]!)]),
    ),
  };
}
