/**
 * A training step with its gradients.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Pass, Tensors } from "../../module.ts";
import { termNames } from "./names.ts";
import type { TrainStep } from "./step.ts";

/** Everything a training step computes, before the optimizer. */
export interface Differentiated {
  /** Results that do not depend on the targets, see `Forward.outputs`. */
  outputs: Tensors;
  /** [terms], in the order of `termNames`: one tensor to read back. */
  terms: tf.Tensor1D;
  /** Sum of the terms. */
  total: tf.Scalar;
  /** Of the trainable parameters; zero where one does not matter. */
  gradients: Tensors;
}

/**
 * Forward pass, losses and gradients of the trainable parameters.
 *
 * @param scale Factor on the gradients, for scaled low-precision training.
 */
export function differentiate(
  step: TrainStep,
  params: Params,
  inputs: Tensors,
  targets: Tensors,
  pass: Pass,
  scale?: tf.Scalar,
): Differentiated {
  const names = Object.keys(step.params)
    .filter((name) => step.params[name]!.trainable);
  const tensors = names.map((name) => params[name]!);
  const order = termNames(step.config);
  let found: Omit<Differentiated, "gradients"> | undefined;
  const { grads } = tf.engine().gradients(
    () => {
      const forward = step.forward(params, inputs, pass);
      const { total, terms } = step.losses(forward, targets);
      const values = order.map((name) => terms[name]!);
      found = {
        outputs: forward.outputs,
        total,
        terms: tf.stack(values) as tf.Tensor1D,
      };
      // They leave the gradient's own scope.
      [...Object.values(found.outputs), found.total, found.terms]
        .forEach((tensor) => tf.keep(tensor));
      return scale ? tf.mul(total, scale) : tf.clone(total);
    },
    tensors,
    undefined,
    true,
  ) as { grads: (tf.Tensor | null | undefined)[] };
  const gradients = names.map((name, i) =>
    [name, grads[i] ?? tf.zerosLike(tensors[i]!)] as const
  );
  return { ...found!, gradients: Object.fromEntries(gradients) };
}
