/**
 * VoVNet-99-eSE (Lee and Park 2020): stages of one-shot aggregation blocks,
 * whose parameter names contain slashes.
 *
 * Source: projects/mmdet3d_plugin/models/backbones/vovnetcp.py (VoVNetCP).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "./module.ts";
import {
  type BatchNormOptions,
  checkpointed,
  conv2d,
  convNorm,
  frozen,
  mergeParams,
} from "./nn/mod.ts";
import type { Backbone, ImagePart } from "./resnet.ts";

/** Settings of {@linkcode vovnet}. */
export interface VoVNetConfig {
  /** Prefix of all names, such as `img_backbone`. */
  name: string;
  /** Stages whose maps are returned, 2 to 5; default `[4, 5]`. */
  outStages?: readonly number[];
  /** What of the norms learns; `affine` in the reference. */
  norm: Pick<BatchNormOptions, "mode" | "momentum">;
  /** Channels of the first convolution, default 64; all others follow. */
  width?: number;
  /**
   * The reference's frozen_stages: −1 none (default), 0 the stem, k the stem
   * and stages 2 to k + 1. Nothing of them learns.
   */
  frozenStages?: number;
  /** Blocks keep no inner values where the pass allows (VoVNetCP). */
  checkpoint?: boolean;
}

/** V-99-eSE; an entry a stage, channels in widths. */
const BLOCKS = [1, 3, 9, 3];
const INNER = [2, 2.5, 3, 3.5];
const OUTPUT = [4, 8, 12, 16];
/** 3×3 convolutions of one aggregation block. */
const LAYERS = 5;

/**
 * Images [B, H, W, 3] → maps of the chosen stages; stage s has stride 2^s
 * and 256, 512, 768 or 1024 channels at the usual width.
 * @throws {RangeError} when the width is odd: stage 3 is 2.5 widths wide.
 */
export function vovnet(config: VoVNetConfig): Backbone {
  const { outStages = [4, 5], frozenStages = -1, width = 64 } = config;
  checkWidth(width);
  const output = OUTPUT.map((share) => share * width);
  const still = {
    ...config,
    norm: { ...config.norm, mode: "frozen" },
  } as const;
  const stem = frozenStages < 0
    ? stemLayers(config, width)
    : stemLayers(still, width).map(frozen);
  const stages = BLOCKS.map((count, i) =>
    Array.from({ length: count }, (_, b) => {
      const entry = i === 0 ? 2 * width : output[i - 1]!;
      const sizes = {
        from: b === 0 ? entry : output[i]!,
        inner: INNER[i]! * width,
        to: output[i]!,
      };
      const part = i + 1 <= frozenStages
        ? frozen(aggregation(still, i, b, sizes))
        : aggregation(config, i, b, sizes);
      return config.checkpoint ? checkpointed(part) : part;
    })
  );
  return {
    channels: outStages.map((s) => output[s - 2]!),
    strides: outStages.map((s) => 2 ** s),
    params: mergeParams(...stem, ...stages.flat()),
    forward(params, images, pass) {
      let x = images;
      for (const layer of stem) x = layer.forward(params, x, pass);
      const maps: tf.Tensor4D[] = [];
      stages.slice(0, Math.max(...outStages) - 1).forEach((stage, i) => {
        if (i > 0) x = poolCeil(x);
        for (const block of stage) x = block.forward(params, x, pass);
        maps.push(x);
      });
      return outStages.map((s) => maps[s - 2]!);
    },
  };
}

function checkWidth(width: number): void {
  if (width % 2 === 0) return;
  throw new RangeError(`VoVNet's width is ${width}, expected an even number`);
}

/** Three 3×3 convolutions, together of stride 4. */
function stemLayers(config: VoVNetConfig, width: number): ImagePart[] {
  const shapes = [[3, width, 2], [width, width, 1], [width, 2 * width, 2]];
  return shapes.map((shape, i) => {
    const [from, to, stride] = shape as [number, number, number];
    const layer = `${config.name}.stem.stem_${i + 1}`;
    return convNormRelu(config, layer, from, to, 3, stride);
  });
}

/**
 * One-shot aggregation: five convolutions in a row, the input and all five
 * results concatenated, mixed by a 1×1 convolution and gated by channel.
 * Every block but a stage's first adds its input.
 */
function aggregation(
  config: VoVNetConfig,
  stage: number,
  block: number,
  { from, inner, to }: { from: number; inner: number; to: number },
): ImagePart {
  const id = `OSA${stage + 2}_${block + 1}`;
  const name = `${config.name}.stage${stage + 2}.${id}`;
  const layers = Array.from({ length: LAYERS }, (_, i) =>
    convNormRelu(
      config,
      `${name}.layers.${i}.${id}_${i}`,
      i === 0 ? from : inner,
      inner,
      3,
      1,
    ));
  const mix = convNormRelu(
    config,
    `${name}.concat.${id}_concat`,
    from + LAYERS * inner,
    to,
    1,
    1,
  );
  const gate = channelGate(`${name}.ese.fc`, to);
  return {
    params: mergeParams(...layers, mix, gate),
    forward(params, x, pass) {
      const parts = [x];
      for (const layer of layers) {
        parts.push(layer.forward(params, parts.at(-1)!, pass));
      }
      const mixed = mix.forward(params, tf.concat(parts, 3), pass);
      const gated = gate.forward(params, mixed);
      return block > 0 ? tf.add(gated, x) : gated;
    },
  };
}

/** eSE: x · relu6(fc(mean over H, W) + 3) / 6. */
function channelGate(
  name: string,
  channels: number,
): Module<[tf.Tensor4D], tf.Tensor4D> {
  const fc = conv2d(name, channels, channels, 1);
  return {
    params: fc.params,
    forward(params, x) {
      const mean = tf.mean<tf.Tensor4D>(x, [1, 2], true);
      const score = fc.forward(params, mean);
      const gate = tf.mul(tf.relu6(tf.add(score, 3)), 1 / 6);
      return tf.mul(x, gate);
    },
  };
}

/** Convolution without bias, batch norm, ReLU; names `…/conv`, `…/norm`. */
function convNormRelu(
  { norm }: VoVNetConfig,
  name: string,
  from: number,
  to: number,
  kernel: number,
  stride: number,
): ImagePart {
  const part = convNorm({
    conv: `${name}/conv`,
    norm: `${name}/norm`,
    inputs: from,
    outputs: to,
    kernel,
    stride,
    batchNorm: norm,
  });
  return {
    params: part.params,
    forward: (params, x, pass) => tf.relu(part.forward(params, x, pass)),
  };
}

/**
 * 3×3 maxima, stride 2, of windows that may hang over the far border
 * (torch's ceil_mode without padding).
 */
function poolCeil(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [bottom, right] = [overhang(height), overhang(width)];
  const pad: [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ] = [[0, 0], [0, bottom], [0, right], [0, 0]];
  return bottom + right === 0
    ? tf.maxPool(x, 3, 2, "valid")
    : tf.maxPool(x, 3, 2, pad, "floor");
}

/** Cells that the last window lacks: 1 for even sides, 0 for odd ones. */
function overhang(side: number): number {
  return 2 * Math.ceil((side - 3) / 2) + 3 - side;
}
