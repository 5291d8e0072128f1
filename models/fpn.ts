/**
 * FPN (Lin et al. 2017) with more, coarser levels on its last output.
 *
 * Source: FPN of mmdet 2.28 with add_extra_convs `on_output` and
 * relu_before_extra_convs, as RepDETR3D's VoVNet config uses it.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "./module.ts";
import { conv2d, mergeParams, nearest } from "./nn/mod.ts";

/** Settings of {@linkcode fpn}. */
export interface FpnConfig {
  /** Channels of the maps that are read, fine to coarse. */
  inChannels: readonly number[];
  /** Channels of all outputs. */
  channels: number;
  /** Outputs; those beyond the inputs halve the last one each. */
  outputs: number;
}

/**
 * Backbone maps, fine to coarse, → `outputs` maps with `channels` channels.
 * @param name prefix of all names, such as `img_neck`.
 */
export function fpn(
  name: string,
  { inChannels, channels, outputs }: FpnConfig,
): Module<[tf.Tensor4D[]], tf.Tensor4D[]> {
  const own = {
    init: { kind: "xavier-uniform" },
    biasInit: { kind: "constant", value: 0 },
  } as const;
  const laterals = inChannels.map((from, i) =>
    conv2d(`${name}.lateral_convs.${i}.conv`, from, channels, 1, own)
  );
  const refine = Array.from(
    { length: outputs },
    (_, i) =>
      conv2d(`${name}.fpn_convs.${i}.conv`, channels, channels, 3, {
        ...own,
        padding: 1,
        stride: i < inChannels.length ? 1 : 2,
      }),
  );
  return {
    params: mergeParams(...laterals, ...refine),
    forward(params, maps) {
      const levels = topDown(
        laterals.map((lateral, i) => lateral.forward(params, maps[i]!)),
      );
      const found: tf.Tensor4D[] = [];
      refine.forEach((conv, i) => {
        const last = found.at(-1)!;
        // The first one beyond the inputs reads the last output as it is.
        const read = levels[i] ?? (i > levels.length ? tf.relu(last) : last);
        found.push(conv.forward(params, read));
      });
      return found;
    },
  };
}

/** Adds the coarser one, enlarged, to each map [B, h, w, C], from coarse on. */
export function topDown(laterals: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const levels = [...laterals];
  for (let i = levels.length - 1; i > 0; i--) {
    const finer = levels[i - 1]!;
    const [, height, width] = finer.shape;
    const coarser = nearest(levels[i]!, [height, width]);
    levels[i - 1] = tf.add(finer, coarser);
  }
  return levels;
}
