/**
 * ResNet (He et al. 2016), torchvision's names, stride on the 3×3 convolution.
 *
 * Source: mmdet ResNet, style `pytorch`, as StreamPETR's configs use it.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, ParamSpecs, Pass } from "./module.ts";
import {
  batchNorm,
  type BatchNormOptions,
  conv2d,
  mergeParams,
} from "./nn/mod.ts";

/** Settings of {@link resnet}. */
export interface ResNetConfig {
  /** Prefix of all names, such as `img_backbone`. */
  name: string;
  depth: 18 | 34 | 50 | 101;
  /** Channels of the stem; stages have 1, 2, 4, 8 times as many. */
  width?: number;
  /** What of the norms learns. */
  norm: Pick<BatchNormOptions, "mode" | "momentum">;
  /** Each residual branch starts as zero. */
  zeroInitLast?: boolean;
}

const BLOCKS = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
} as const;

const KAIMING = { kind: "kaiming-normal-fan-out" } as const;

/** A part that maps an image-like tensor to another. */
type Block = Module<[tf.Tensor4D, Pass], tf.Tensor4D>;

/** A built backbone. */
export interface Backbone extends Module<[tf.Tensor4D, Pass], tf.Tensor4D[]> {
  /** Channels of each output map. */
  readonly channels: number[];
}

/**
 * [B, H, W, 3] → layer3 [B, H/16, W/16, ·] and layer4 [B, H/32, W/32, ·].
 */
export function resnet(config: ResNetConfig): Backbone {
  const { name, depth, width = 64 } = config;
  const bottleneck = depth >= 50;
  const expansion = bottleneck ? 4 : 1;
  const stem = convNorm(config, `${name}.conv1`, `${name}.bn1`, {
    from: 3,
    to: width,
    kernel: 7,
    stride: 2,
  });
  let channels = width;
  const stages = BLOCKS[depth].map((count, s) => {
    const inner = width * 2 ** s;
    return Array.from({ length: count }, (_, b) => {
      const block = residual(config, {
        name: `${name}.layer${s + 1}.${b}`,
        from: channels,
        inner,
        to: inner * expansion,
        stride: s > 0 && b === 0 ? 2 : 1,
        bottleneck,
      });
      channels = inner * expansion;
      return block;
    });
  });
  return {
    channels: [width * 4 * expansion, width * 8 * expansion],
    params: mergeParams(stem, ...stages.flat()),
    forward(params, images, pass) {
      let x = tf.relu(stem.forward(params, images, pass)) as tf.Tensor4D;
      // Maxima over windows that touch the border ignore the padding.
      x = tf.maxPool(x, 3, 2, [[0, 0], [1, 1], [1, 1], [0, 0]], "floor");
      const outputs: tf.Tensor4D[] = [];
      for (const stage of stages) {
        for (const block of stage) x = block.forward(params, x, pass);
        outputs.push(x);
      }
      return outputs.slice(2);
    },
  };
}

interface ConvNormShape {
  from: number;
  to: number;
  kernel: number;
  stride: number;
  last?: boolean;
}

/** Convolution without bias, then batch norm. */
function convNorm(
  { norm, zeroInitLast = false }: ResNetConfig,
  convName: string,
  normName: string,
  { from, to, kernel, stride, last = false }: ConvNormShape,
): Block {
  const conv = conv2d(convName, from, to, kernel, {
    stride,
    padding: (kernel - 1) / 2,
    bias: false,
    init: KAIMING,
  });
  const bn = batchNorm(normName, to, {
    ...norm,
    weightInit: last && zeroInitLast ? 0 : 1,
  });
  return {
    params: mergeParams(conv, bn),
    forward: (params, x, pass) =>
      bn.forward(params, conv.forward(params, x), pass),
  };
}

interface ResidualShape {
  name: string;
  from: number;
  inner: number;
  to: number;
  stride: number;
  bottleneck: boolean;
}

/** Basic block (3×3, 3×3) or bottleneck (1×1, 3×3, 1×1) with its shortcut. */
function residual(config: ResNetConfig, shape: ResidualShape): Block {
  const { name, from, inner, to, stride, bottleneck } = shape;
  const kernels = bottleneck ? [1, 3, 1] : [3, 3];
  const branch = kernels.map((kernel, i) => {
    const last = i === kernels.length - 1;
    return convNorm(config, `${name}.conv${i + 1}`, `${name}.bn${i + 1}`, {
      from: i === 0 ? from : inner,
      to: last ? to : inner,
      kernel,
      stride: i === (bottleneck ? 1 : 0) ? stride : 1,
      last,
    });
  });
  const shortcut = from === to && stride === 1 ? null : convNorm(
    config,
    `${name}.downsample.0`,
    `${name}.downsample.1`,
    { from, to, kernel: 1, stride },
  );
  const parts: { params: ParamSpecs }[] = shortcut
    ? [...branch, shortcut]
    : branch;
  return {
    params: mergeParams(...parts),
    forward(params, x, pass) {
      let y = x;
      branch.forEach((part, i) => {
        y = part.forward(params, y, pass);
        if (i < branch.length - 1) y = tf.relu(y);
      });
      const kept = shortcut ? shortcut.forward(params, x, pass) : x;
      return tf.relu(tf.add(y, kept)) as tf.Tensor4D;
    },
  };
}
