/**
 * EVA-02 (Fang et al. 2023): a plain vision transformer whose blocks attend
 * within windows, small ones and every third time large ones.
 *
 * Source: EVAViT of backbones/eva_vit.py in StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ParamSpecs } from "../module.ts";
import { checkpointed, conv2d, mergeParams, take } from "../nn/mod.ts";
import type { Backbone, ImagePart } from "../resnet.ts";
import { vitBlock } from "./block.ts";
import { checkVit, type VitConfig } from "./config.ts";
import { resizePosition } from "./position.ts";
import { type PyramidConfig, simplePyramid } from "./pyramid.ts";
import { ropeParams } from "./rope.ts";

/**
 * Images [B, H, W, 3] → one map [B, H/patch, W/patch, width], or with a
 * pyramid one map a scale.
 * @throws {RangeError} when the sizes of the config do not fit together.
 */
export function vit(
  config: VitConfig,
  pyramid: PyramidConfig | null = null,
): Backbone {
  checkVit(config);
  const { name, patch, width } = config;
  const cut = conv2d(`${name}.patch_embed.proj`, 3, width, patch, {
    stride: patch,
  });
  const blocks = blocksOf(config);
  const levels = pyramid &&
    simplePyramid(`${name}.adapter`, width, patch, pyramid);
  return {
    channels: pyramid ? pyramid.scales.map(() => pyramid.channels) : [width],
    strides: pyramid ? pyramid.scales.map((s) => patch / s) : [patch],
    params: mergeParams(
      positionParams(config),
      cut,
      tables(config, "rope_win"),
      tables(config, "rope_glb"),
      ...blocks,
      ...(levels ? [levels] : []),
    ),
    forward(params, images, pass) {
      const patches = cut.forward(params, images);
      const [, h, w] = patches.shape;
      const embedding = take(params, `${name}.pos_embed`);
      let x = tf.add<tf.Tensor4D>(patches, resizePosition(embedding, h, w));
      for (const block of blocks) x = block.forward(params, x, pass);
      return levels ? levels.forward(params, x) : [x];
    },
  };
}

function isSmall({ windowBlocks }: VitConfig, block: number): boolean {
  return windowBlocks.includes(block);
}

function blocksOf(config: VitConfig): ImagePart[] {
  const { name, width, heads, depth, dropPath } = config;
  return Array.from({ length: depth }, (_, i) => {
    const small = isSmall(config, i);
    const block = vitBlock(`${name}.blocks.${i}`, {
      width,
      heads,
      window: small ? config.window : config.globalWindow,
      tables: `${name}.${small ? "rope_win" : "rope_glb"}`,
      dropPath: depth > 1 ? dropPath * i / (depth - 1) : 0,
    });
    return config.checkpoint ? checkpointed(block) : block;
  });
}

function positionParams(config: VitConfig): ParamSpecs {
  const patches = (config.pretrainedSide / config.patch) ** 2;
  return {
    [`${config.name}.pos_embed`]: {
      shape: [1, patches + 1, config.width],
      init: { kind: "normal", mean: 0, std: 0.02 },
      trainable: true,
    },
  };
}

/** Rotary tables; every block that uses them stores a copy in a state dict. */
function tables(
  config: VitConfig,
  kind: "rope_win" | "rope_glb",
): ParamSpecs {
  const { name, depth, width, heads, window, globalWindow } = config;
  const small = kind === "rope_win";
  const users = Array.from({ length: depth }, (_, i) => i)
    .filter((i) => isSmall(config, i) === small);
  return ropeParams(
    `${name}.${kind}`,
    users.map((i) => `${name}.blocks.${i}.attn.rope`),
    {
      channels: width / heads,
      side: small ? window : globalWindow,
      pretrainedSide: config.pretrainedWindow,
    },
  );
}
