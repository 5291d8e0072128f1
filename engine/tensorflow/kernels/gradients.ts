/**
 * Gradients of tfjs-core that are incomplete, written again (they are tfjs's
 * for all backends): tile beyond rank 4, the larger or smaller of two tensors
 * of unequal shapes.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

type GradConfig = Parameters<typeof tf.registerGradient>[0];

/** Registers them. */
export function registerGradients(): void {
  replace({
    kernelName: "Tile",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], { reps }) => ({
      x: () => tileGradient(dy as tf.Tensor, x!.shape, reps as number[]),
    }),
  });
  replaceExtremum("Maximum", tf.greaterEqual, tf.less);
  replaceExtremum("Minimum", tf.lessEqual, tf.greater);
}

function replace(config: GradConfig): void {
  tf.unregisterGradient(config.kernelName);
  tf.registerGradient(config);
}

/** Sums the copies: each axis is one of copies and one of elements. */
function tileGradient(
  dy: tf.Tensor,
  shape: number[],
  reps: number[],
): tf.Tensor {
  const repeated = reps.map((_, i) => i).filter((i) => reps[i] !== 1);
  // Unrepeated axes stay one: tfjs's ranks end at 6.
  const pairs: number[] = [];
  const copies: number[] = [];
  shape.forEach((size, i) => {
    if (repeated.includes(i)) {
      copies.push(pairs.length);
      pairs.push(reps[i]!);
    }
    pairs.push(size);
  });
  return tf.reshape(tf.sum(tf.reshape(dy, pairs), copies), shape);
}

type Compare = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Ties go to the first, as in tfjs. */
function replaceExtremum(
  kernelName: string,
  first: Compare,
  second: Compare,
): void {
  replace({
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc: (dy, [a, b]) => {
      const part = (chosen: Compare, like: tf.Tensor) => () =>
        summedTo(
          tf.mul(dy as tf.Tensor, tf.cast(chosen(a!, b!), "float32")),
          like.shape,
        );
      return { a: part(first, a!), b: part(second, b!) };
    },
  });
}

/** Undoes broadcasting. */
function summedTo(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(x, axes) : x, shape);
}
