/**
 * CPFPN: a feature pyramid whose only 3×3 convolution is on its finest level,
 * the only level that StreamPETR reads.
 *
 * Source: projects/mmdet3d_plugin/models/necks/cp_fpn.py of StreamPETR.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { topDown } from "./fpn.ts";
import type { Module } from "./module.ts";
import { conv2d, mergeParams } from "./nn/mod.ts";

/**
 * Backbone maps, fine to coarse, → one map per level with `channels`
 * channels; level 0 is refined, the others are their laterals.
 * @param name prefix of all names, such as `img_neck`.
 */
export function cpfpn(
  name: string,
  inChannels: readonly number[],
  channels: number,
): Module<[tf.Tensor4D[]], tf.Tensor4D[]> {
  const init = { kind: "xavier-uniform" } as const;
  const biasInit = { kind: "constant", value: 0 } as const;
  const laterals = inChannels.map((from, i) =>
    conv2d(`${name}.lateral_convs.${i}.conv`, from, channels, 1, {
      init,
      biasInit,
    })
  );
  const refine = conv2d(`${name}.fpn_convs.0.conv`, channels, channels, 3, {
    padding: 1,
    init,
    biasInit,
  });
  return {
    params: mergeParams(...laterals, refine),
    forward(params, maps) {
      const levels = topDown(
        laterals.map((lateral, i) => lateral.forward(params, maps[i]!)),
      );
      levels[0] = refine.forward(params, levels[0]!);
      return levels;
    },
  };
}
