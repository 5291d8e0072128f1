/**
 * ResNet (He et al. 2016), torchvision's names, stride on the 3×3 convolution.
 *
 * Source: mmdet ResNet, style `pytorch`, as StreamPETR's configs use it.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Pass } from "./module.ts";
import {
  type BatchNormOptions,
  checkpointed,
  convNorm,
  frozen,
  mergeParams,
} from "./nn/mod.ts";

/** Settings of {@linkcode resnet}. */
export interface ResNetConfig {
  /** Prefix of all names, such as `img_backbone`. */
  name: string;
  /** Weighted layers: 18 and 34 of basic blocks, 50 and 101 of bottlenecks. */
  depth: 18 | 34 | 50 | 101;
  /** Channels of the stem, default 64; stages have 1, 2, 4, 8 times as many. */
  width?: number;
  /** Stages whose maps are returned, 0 to 3; default the last two. */
  outIndices?: readonly number[];
  /** What of the norms learns. */
  norm: Pick<BatchNormOptions, "mode" | "momentum">;
  /** Lets each residual branch start as zero (training from scratch). */
  zeroInitLast?: boolean;
  /**
   * mmdet's frozen_stages: −1 none (default), 0 the stem, k the stem and
   * stages up to layer k. Nothing of them learns, running statistics included.
   */
  frozenStages?: number;
  /**
   * mmdet's with_cp, by stages: they keep no inner values where the pass
   * allows. By blocks, as there, more is kept and as much computed.
   */
  checkpoint?: boolean;
}

/** A backbone: images to feature maps, fine to coarse. */
export interface Backbone extends Module<[tf.Tensor4D, Pass], tf.Tensor4D[]> {
  /** Channels of each returned map. */
  readonly channels: number[];
  /** Image pixels per cell of each returned map. */
  readonly strides: number[];
}

/** A part that maps an image-like tensor to another. */
export type ImagePart = Module<[tf.Tensor4D, Pass], tf.Tensor4D>;

const BLOCKS = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
} as const;

/**
 * Images [B, H, W, 3] → maps of the chosen stages; stage s has stride
 * 4·2^s. H and W should be multiples of the last stride.
 */
export function resnet(config: ResNetConfig): Backbone {
  const { depth, width = 64, outIndices = [2, 3] } = config;
  const expansion = depth >= 50 ? 4 : 1;
  const outputChannels = [0, 1, 2, 3].map((s) => width * 2 ** s * expansion);
  const stem = stemOf(config, width);
  const stages = BLOCKS[depth].map((count, s) => {
    const inputs = s > 0 ? outputChannels[s - 1]! : width;
    const shape = { inner: width * 2 ** s, to: outputChannels[s]! };
    const blocks = Array.from(
      { length: count },
      (_, b) =>
        blockOf(config, s + 1, {
          ...shape,
          name: `${config.name}.layer${s + 1}.${b}`,
          from: b > 0 ? shape.to : inputs,
          stride: s > 0 && b === 0 ? 2 : 1,
        }),
    );
    const stage = inOrder(blocks);
    return config.checkpoint ? checkpointed(stage) : stage;
  });
  return {
    channels: outIndices.map((s) => outputChannels[s]!),
    strides: outIndices.map((s) => 4 * 2 ** s),
    params: mergeParams(stem, ...stages),
    forward(params, images, pass) {
      let x = tf.relu(stem.forward(params, images, pass));
      // Maxima over windows that touch the border ignore the padding.
      x = tf.maxPool(x, 3, 2, [[0, 0], [1, 1], [1, 1], [0, 0]], "floor");
      const maps: tf.Tensor4D[] = [];
      for (const stage of stages.slice(0, Math.max(...outIndices) + 1)) {
        x = stage.forward(params, x, pass);
        maps.push(x);
      }
      return outIndices.map((s) => maps[s]!);
    },
  };
}

/** The convolution before all stages. */
function stemOf(config: ResNetConfig, width: number): ImagePart {
  return partOf(config, 0, (norm) =>
    convNorm({
      conv: `${config.name}.conv1`,
      norm: `${config.name}.bn1`,
      inputs: 3,
      outputs: width,
      kernel: 7,
      stride: 2,
      batchNorm: norm,
    }));
}

/** A block of stage 1 to 4. */
function blockOf(
  config: ResNetConfig,
  stage: number,
  shape: ResidualShape,
): ImagePart {
  return partOf(
    config,
    stage,
    (norm) => residual({ ...config, norm }, shape),
  );
}

/** Parts one after the other. */
function inOrder(parts: readonly ImagePart[]): ImagePart {
  return {
    params: mergeParams(...parts),
    forward: (params, x, pass) =>
      parts.reduce((y, part) => part.forward(params, y, pass), x),
  };
}

/** A part as the config has it, or one that does not learn. */
function partOf(
  { norm, frozenStages = -1 }: ResNetConfig,
  stage: number,
  build: (norm: ResNetConfig["norm"]) => ImagePart,
): ImagePart {
  const fixed = stage <= frozenStages;
  return fixed ? frozen(build({ ...norm, mode: "frozen" })) : build(norm);
}

interface ResidualShape {
  name: string;
  from: number;
  inner: number;
  to: number;
  stride: number;
}

/** Basic block (3×3, 3×3) or bottleneck (1×1, 3×3, 1×1) with its shortcut. */
function residual(config: ResNetConfig, shape: ResidualShape): ImagePart {
  const { name, from, inner, to, stride } = shape;
  const kernels = config.depth >= 50 ? [1, 3, 1] : [3, 3];
  const strided = kernels.indexOf(3);
  const branch = kernels.map((kernel, i) => {
    const last = i === kernels.length - 1;
    const weightInit = last && config.zeroInitLast ? 0 : 1;
    return convNorm({
      conv: `${name}.conv${i + 1}`,
      norm: `${name}.bn${i + 1}`,
      inputs: i === 0 ? from : inner,
      outputs: last ? to : inner,
      kernel,
      stride: i === strided ? stride : 1,
      batchNorm: { ...config.norm, weightInit },
    });
  });
  const shortcut = from === to && stride === 1 ? null : convNorm({
    conv: `${name}.downsample.0`,
    norm: `${name}.downsample.1`,
    inputs: from,
    outputs: to,
    kernel: 1,
    stride,
    batchNorm: config.norm,
  });
  return {
    params: mergeParams(...branch, shortcut ?? {}),
    forward(params, x, pass) {
      let y = x;
      branch.forEach((part, i) => {
        y = part.forward(params, y, pass);
        if (i < branch.length - 1) y = tf.relu(y);
      });
      const kept = shortcut ? shortcut.forward(params, x, pass) : x;
      return tf.relu(tf.add(y, kept));
    },
  };
}
