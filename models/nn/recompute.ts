/**
 * Parts whose inner values are computed twice instead of being kept: less
 * memory for more time (Chen et al. 2016).
 *
 * Source: torch.utils.checkpoint, as `with_cp` of mmdet's backbones and
 * mmcv's transformer layers uses it.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, Pass, Tensors } from "../module.ts";

/**
 * A part that keeps nothing but its inputs where the pass recomputes; the
 * same numbers either way.
 */
export function checkpointed(
  part: Module<[tf.Tensor4D, Pass], tf.Tensor4D>,
): Module<[tf.Tensor4D, Pass], tf.Tensor4D> {
  return {
    params: part.params,
    forward: (params, x, pass) =>
      recomputed(
        part,
        params,
        { flowing: { x } },
        pass,
        (own, inputs, pass) => part.forward(own, inputs.x as tf.Tensor4D, pass),
      ) as tf.Tensor4D,
  };
}

/** What a recomputed part works on besides its parameters. */
export interface RecomputeInputs {
  /** Tensors through which gradients flow. */
  flowing: Tensors;
  /** Other tensors that the forward pass made. */
  fixed?: Tensors;
}

/**
 * Calls `run`, whose inner values the backward pass computes again.
 *
 * @param part whose parameters `run` reads.
 */
export function recomputed(
  part: Pick<Module<never, unknown>, "params">,
  params: Params,
  { flowing, fixed = {} }: RecomputeInputs,
  pass: Pass,
  run: (params: Params, inputs: Tensors, pass: Pass) => tf.Tensor,
): tf.Tensor {
  const { recompute } = pass;
  if (!recompute) return run(params, { ...flowing, ...fixed }, pass);
  const learned = Object.keys(part.params)
    .filter((name) => part.params[name]!.trainable);
  const names = [...Object.keys(flowing), ...learned, ...Object.keys(fixed)];
  const call = (tensors: tf.Tensor[], pass: Pass) => {
    const given = Object.fromEntries(
      names.map((name, i) => [name, tensors[i]!]),
    );
    return run({ ...params, ...given }, given, pass);
  };
  const again = recompute.replay();
  return tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const all = [...args as tf.Tensor[], ...Object.values(fixed)];
    save(all);
    return {
      value: call(all, pass),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const late = recompute.barrier(saved, dy);
        const xs = late.slice(0, args.length);
        return gradientsWithin(() => call(late, again), xs, dy);
      },
    };
  })(...Object.values(flowing), ...learned.map((name) => params[name]!));
}

/** Gradients of `fn`, while others are under way: tfjs has but one tape. */
function gradientsWithin(
  fn: () => tf.Tensor,
  xs: tf.Tensor[],
  dy: tf.Tensor,
): tf.Tensor[] {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    const { grads } = tf.engine().gradients(fn, xs, dy, true);
    return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
  } finally {
    state.activeTape = tape;
  }
}
