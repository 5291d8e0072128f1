/**
 * Gradients that tfjs-core lacks or has for equal shapes only, registered for
 * all backends: broadcasting in four kernels, tile beyond rank 4, masks by
 * comparison, and gathering by the indices of topk.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

type GradConfig = Parameters<typeof tf.registerGradient>[0];
type GradFunc = GradConfig["gradFunc"];

/** Registers them. */
export function registerGradients(): void {
  for (
    const kernel of ["Maximum", "Minimum", "SquaredDifference", "BatchMatMul"]
  ) {
    amend(kernel, ([a, b], { a: forA, b: forB }) => ({
      a: () => summedTo(forA!(), a!.shape),
      b: () => summedTo(forB!(), b!.shape),
    }));
  }
  // Indices have no gradient, yet tfjs wants one if they depend on the input.
  amend("GatherV2", ([, indices], { x }) => ({
    x: x!,
    indices: () => tf.zeros(indices!.shape),
  }));
  for (const kernel of ["Greater", "Less", "LessEqual", "Equal", "NotEqual"]) {
    replaceGradient({
      kernelName: kernel,
      inputsToSave: ["a", "b"],
      gradFunc: (_dy, [a, b]) => ({
        a: () => tf.zeros(a!.shape),
        b: () => tf.zeros(b!.shape),
      }),
    });
  }
  replaceGradient({
    kernelName: "Tile",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], { reps }) => ({
      x: () => tileGradient(dy as tf.Tensor, x!.shape, reps as number[]),
    }),
  });
  replaceGradient({
    kernelName: "TopK",
    inputsToSave: ["x"],
    outputsToSave: [false, true],
    gradFunc: (dys, [x, indices]) => ({
      x: () => topkGradient((dys as tf.Tensor[])[0]!, x!, indices!),
    }),
  });
}

/** Registers a gradient in place of tfjs's. */
export function replaceGradient(config: GradConfig): void {
  if (tf.getGradient(config.kernelName)) {
    tf.unregisterGradient(config.kernelName);
  }
  tf.registerGradient(config);
}

/** Works on what tfjs's own gradient gives. */
function amend(
  kernel: string,
  change: (
    saved: tf.Tensor[],
    gradients: ReturnType<GradFunc>,
  ) => ReturnType<GradFunc>,
): void {
  const config = tf.getGradient(kernel);
  replaceGradient({
    ...config,
    gradFunc: (dy, saved, attrs) =>
      change(saved, config.gradFunc(dy, saved, attrs)),
  });
}

/** Undoes broadcasting. */
function summedTo(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(x, axes) : x, shape);
}

/** Sums the copies: each repeated axis is one of copies and one of elements. */
function tileGradient(
  dy: tf.Tensor,
  shape: number[],
  reps: number[],
): tf.Tensor {
  const apart: number[] = [];
  const copies: number[] = [];
  shape.forEach((size, i) => {
    if (reps[i] !== 1) {
      copies.push(apart.length);
      apart.push(reps[i]!);
    }
    apart.push(size);
  });
  return tf.reshape(tf.sum(tf.reshape(dy, apart), copies), shape);
}

/** Puts the gradients of the chosen values where they were. */
function topkGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  indices: tf.Tensor,
): tf.Tensor {
  const places = tf.oneHot(tf.cast(indices, "int32"), x.shape.at(-1)!);
  return tf.sum(
    tf.mul(tf.cast(places, "float32"), tf.expandDims(dy, -1)),
    -2,
  );
}
