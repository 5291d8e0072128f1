/**
 * Gradients of relu and relu6 as one operation each, from what they gave:
 * tfjs takes eight from what they got, so that a step would keep twice the
 * activations. And `step` without tensors full of ones.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { override, typeOf } from "./override.ts";
import { replaceGradient } from "./gradients.ts";

/** Registers the kernels, and the gradients for all backends. */
export function registerActivations(): void {
  for (const kernel of ["Relu", "Relu6"]) {
    const gradient = `${kernel}Grad`;
    override(
      gradient,
      ({ dy, y }, _attrs, backend) =>
        backend.executeSingleOutput(
          gradient,
          [typeOf("T", "float32")],
          [dy, y],
        ),
    );
    replaceGradient({
      kernelName: kernel,
      outputsToSave: [true],
      gradFunc: (dy, [y]) => ({
        x: () => reluGradient(gradient, dy as tf.Tensor, y!),
      }),
    });
  }
  override("Step", ({ x }, { alpha }, backend) =>
    tf.tidy(() => {
      const choose = (
        mask: tf.Tensor,
        yes: tf.Tensor | number,
        no: tf.Tensor | number,
      ) =>
        backend.executeSingleOutput(
          "SelectV2",
          [typeOf("T", x.dtype)],
          [mask, asTensor(yes, x.dtype), asTensor(no, x.dtype)],
        );
      const steps = choose(tf.greater(x, tf.scalar(0, x.dtype)), 1, alpha);
      return x.dtype === "float32" ? choose(tf.isNaN(x), x, steps) : steps;
    }));
}

/** Lets through what is above 0 and, for relu6, below 6. */
function reluGradient(
  kernel: string,
  dy: tf.Tensor,
  y: tf.Tensor,
): tf.Tensor {
  if (tf.getKernel(kernel, tf.getBackend())) {
    return tf.engine().runKernel(kernel, { dy, y }) as tf.Tensor;
  }
  const open = tf.greater(y, 0);
  const mask = kernel === "Relu6Grad"
    ? tf.logicalAnd(open, tf.less(y, 6))
    : open;
  return tf.mul(dy, tf.cast(mask, "float32"));
}

function asTensor(value: tf.Tensor | number, dtype: tf.DataType): tf.Tensor {
  return typeof value === "number" ? tf.scalar(value, dtype) : value;
}
