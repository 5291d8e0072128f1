/**
 * All terms of the 3D head together.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.ts";
import {
  type LayerLosses,
  layerLosses,
  layerTerms,
  type LossInputs,
  type LossTargets,
  type LossWeights,
} from "./loss.ts";

/** A sum to differentiate and its parts by name. */
export interface Objective {
  /** Sum of all terms. */
  total: tf.Scalar;
  /** The terms, as the reference names them. */
  terms: Record<string, tf.Scalar>;
}

/** The denoising half of the objective. */
export interface DenoisingObjective {
  /** Predictions of the denoising queries. */
  inputs: LossInputs;
  /** The noised labels and the true boxes. */
  targets: LossTargets;
  /** 1 where the batch has denoising queries in use, else 0. */
  present: tf.Scalar;
}

/**
 * Losses of the matching queries and of the denoising ones. In a batch
 * without any object the denoising terms repeat the ordinary ones, without
 * gradient, so that every process logs the same names (as the reference).
 *
 * @param denoising null where the model has none; its terms are then absent.
 */
export function headObjective(
  inputs: LossInputs,
  targets: LossTargets,
  denoising: DenoisingObjective | null,
  weights: LossWeights,
): Objective {
  const ordinary = layerLosses(inputs, targets, weights);
  const terms = layerTerms(ordinary, "loss");
  const total = sumOf(ordinary);
  if (denoising === null) return { total, terms };
  const own = layerLosses(denoising.inputs, denoising.targets, weights);
  const choose = (mine: tf.Tensor, copy: tf.Tensor) =>
    tf.where(
      tf.greater(denoising.present, 0.5),
      tf.mul(mine, weights.denoising),
      detach(copy),
    );
  const chosen: LayerLosses = {
    classes: choose(own.classes, ordinary.classes),
    boxes: choose(own.boxes, ordinary.boxes),
  };
  return {
    total: tf.add(total, sumOf(chosen)) as tf.Scalar,
    terms: { ...terms, ...layerTerms(chosen, "dn_loss") },
  };
}

function sumOf({ classes, boxes }: LayerLosses): tf.Scalar {
  return tf.sum(tf.add(classes, boxes)) as tf.Scalar;
}
