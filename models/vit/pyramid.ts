/**
 * A feature pyramid of the last map alone (ViTDet, Li et al. 2022).
 *
 * Source: SimpleFeaturePyramid of backbones/eva_vit.py in StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.ts";
import { conv2d, layerNorm, mergeParams, take } from "../nn/mod.ts";
import { EPSILON } from "./block.ts";

/** Maps of a pyramid, relative to the backbone's. */
export type PyramidScale = 4 | 2 | 1 | 0.5 | 0.25;

/** Settings of {@linkcode simplePyramid}. */
export interface PyramidConfig {
  /** Channels of every level. */
  channels: number;
  /** Size of each level over that of the backbone's map, fine to coarse. */
  scales: readonly PyramidScale[];
}

type Part = Module<[tf.Tensor4D], tf.Tensor4D>;

/**
 * [B, h, w, width] → a map a scale, [B, h·scale, w·scale, channels].
 *
 * @param name prefix; levels are `<name>.simfp_<log2 of the stride>`.
 * @param stride pixels between the backbone's tokens.
 */
export function simplePyramid(
  name: string,
  width: number,
  stride: number,
  { channels, scales }: PyramidConfig,
): Module<[tf.Tensor4D], tf.Tensor4D[]> {
  const levels = scales.map((scale) => {
    const level = Math.trunc(Math.log2(Math.trunc(stride / scale)));
    return pyramidLevel(`${name}.simfp_${level}`, width, channels, scale);
  });
  return {
    params: mergeParams(...levels),
    forward: (params, x) => levels.map((level) => level.forward(params, x)),
  };
}

/** Resizes, then a 1×1 and a 3×3 convolution, each with a norm. */
function pyramidLevel(
  name: string,
  width: number,
  channels: number,
  scale: PyramidScale,
): Part {
  const { parts, outputs } = resizing(name, width, scale);
  const at = parts.length;
  // GELU has a place of its own in the reference's list.
  const index = scale === 4 ? at + 1 : at;
  const convNorm = (i: number, inputs: number, kernel: number): Part[] => [
    conv2d(`${name}.${i}`, inputs, channels, kernel, {
      bias: false,
      padding: (kernel - 1) / 2,
    }),
    layerNorm(`${name}.${i}.norm`, channels, EPSILON) as Part,
  ];
  return chain([
    ...parts,
    ...convNorm(index, outputs, 1),
    ...convNorm(index + 1, channels, 3),
  ]);
}

/** What makes a map larger or smaller. */
function resizing(
  name: string,
  width: number,
  scale: PyramidScale,
): { parts: Part[]; outputs: number } {
  const [half, quarter] = [width / 2, width / 4];
  switch (scale) {
    case 4: {
      const norm = layerNorm(`${name}.1`, half, EPSILON);
      return {
        parts: [
          doubling(`${name}.0`, width, half),
          { ...norm, forward: (params, x) => gelu(norm.forward(params, x)) },
          doubling(`${name}.3`, half, quarter),
        ],
        outputs: quarter,
      };
    }
    case 2:
      return { parts: [doubling(`${name}.0`, width, half)], outputs: half };
    case 1:
      return { parts: [], outputs: width };
    default: {
      const kernel = 1 / scale;
      const shrink = conv2d(`${name}.0`, width, width, kernel, {
        stride: kernel,
      });
      return { parts: [shrink], outputs: width };
    }
  }
}

function chain(parts: readonly Part[]): Part {
  return {
    params: mergeParams(...parts),
    forward: (params, x) =>
      parts.reduce((map, part) => part.forward(params, map), x),
  };
}

/**
 * Transposed convolution of 2×2, stride 2: every cell becomes four, none of
 * which share anything, so that it is one product.
 */
function doubling(name: string, inputs: number, outputs: number): Part {
  const init = { kind: "torch-default", fanIn: outputs * 4 } as const;
  return {
    params: {
      [`${name}.weight`]: {
        shape: [inputs, outputs, 2, 2],
        init,
        trainable: true,
      },
      [`${name}.bias`]: { shape: [outputs], init, trainable: true },
    },
    forward(params, x) {
      const [B, h, w] = x.shape;
      // In memory [2, 2, outputs, inputs].
      const weight = take(params, `${name}.weight`);
      const cells = tf.matMul(
        tf.reshape(x, [B * h * w, inputs]) as tf.Tensor2D,
        tf.reshape(weight, [4 * outputs, inputs]) as tf.Tensor2D,
        false,
        true,
      );
      const rows = tf.transpose(
        tf.reshape(cells, [B * h, w, 2, 2 * outputs]),
        [0, 2, 1, 3],
      );
      const map = tf.reshape(rows, [B, 2 * h, 2 * w, outputs]) as tf.Tensor4D;
      return tf.add(map, take(params, `${name}.bias`));
    },
  };
}

/** x·Φ(x), by the error function as in torch. */
function gelu(x: tf.Tensor): tf.Tensor4D {
  const share = tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1);
  return tf.mul(tf.mul(x, 0.5), share);
}
