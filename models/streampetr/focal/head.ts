/**
 * FocalHead: the 2D head of training, which looks for objects in every
 * camera and says which tokens matter.
 *
 * Source: Focal-PETR (Wang et al. 2022); focal_head.py of exiawsh/StreamPETR.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params } from "../../module.ts";
import {
  conv2d,
  groupNorm,
  inverseSigmoid,
  mergeParams,
} from "../../nn/mod.ts";

/** Sizes of the head. */
export interface FocalConfig {
  /** Prefix of all parameter names. */
  name: string;
  /** Channels of the towers; a multiple of 32. */
  channels: number;
  /** Channels of the features, where they are others. */
  inChannels?: number;
  /** Classes of the 2D labels (in the converter's order). */
  classes: number;
  /** Pixels between tokens. */
  stride: number;
  /** Size of the (padded) input image, pixels. */
  imageHeight: number;
  /** As above. */
  imageWidth: number;
}

/** What the head says of T = h·w tokens of I = B·N images. */
export interface FocalPredictions {
  /** [I, T, classes] logits. */
  classScores: tf.Tensor;
  /** [I, T, 1] logits. */
  centerness: tf.Tensor;
  /** [I, T, 4] cx, cy, w, h as shares of the image. */
  boxes: tf.Tensor;
  /** [I, T, 2] projected 3D centres as shares of the image. */
  centers: tf.Tensor;
}

/** The built head; features are [B·N, h, w, C]. */
export type FocalHead = Module<[tf.Tensor4D], FocalPredictions>;

const GROUPS = 32;

/** Builds the head. */
export function buildFocalHead(config: FocalConfig): FocalHead {
  const { name, channels, classes, inChannels = channels } = config;
  // The probability of every class starts at 1 %.
  const rare = {
    biasInit: { kind: "constant", value: -Math.log(99) },
  } as const;
  const look = tower(`${name}.shared_cls`, inChannels, channels);
  const measure = tower(`${name}.shared_reg`, inChannels, channels);
  const to = (part: string, outputs: number, options = {}) =>
    conv2d(`${name}.${part}`, channels, outputs, 1, options);
  const classify = to("cls", classes, rare);
  const centre = to("centerness", 1, rare);
  const edges = to("ltrb", 4);
  const offset = to("center2d", 2);
  return {
    params: mergeParams(classify, measure, look, centre, edges, offset),
    forward(params, features) {
      const seen = look.forward(params, features);
      const measured = measure.forward(params, features);
      const [, h, w] = features.shape;
      const location = locations(config, h, w);
      return {
        classScores: tokens(classify.forward(params, seen)),
        centerness: tokens(centre.forward(params, seen)),
        boxes: boxesAround(
          location,
          tf.sigmoid(tokens(edges.forward(params, measured))),
        ),
        centers: tf.sigmoid(tf.add(
          inverseSigmoid(location),
          tokens(offset.forward(params, measured)),
        )),
      };
    },
  };
}

/** 3×3 convolution, group norm, ReLU. */
function tower(
  name: string,
  inputs: number,
  channels: number,
): Module<[tf.Tensor4D], tf.Tensor4D> {
  const conv = conv2d(`${name}.0`, inputs, channels, 3, { padding: 1 });
  const norm = groupNorm(`${name}.1`, GROUPS, channels);
  return {
    params: mergeParams(conv, norm),
    forward: (params: Params, x) =>
      tf.relu(norm.forward(params, conv.forward(params, x))),
  };
}

/** [I, h, w, c] → [I, h·w, c]. */
function tokens(map: tf.Tensor4D): tf.Tensor3D {
  const [images, h, w, c] = map.shape;
  return tf.reshape(map, [images, h * w, c]);
}

/** Token centres as shares of the image, [h·w, 2]: x, y. */
export function locations(
  { stride, imageHeight, imageWidth }: FocalConfig,
  h: number,
  w: number,
): tf.Tensor2D {
  const half = Math.floor(stride / 2);
  const out = new Float32Array(h * w * 2);
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      out[(i * w + j) * 2] = (j * stride + half) / imageWidth;
      out[(i * w + j) * 2 + 1] = (i * stride + half) / imageHeight;
    }
  }
  return tf.tensor2d(out, [h * w, 2]);
}

/**
 * Boxes from distances of the four edges to the token, cut to the image.
 * @param distances [I, T, 4]: left, top, right, bottom.
 */
function boxesAround(location: tf.Tensor2D, distances: tf.Tensor): tf.Tensor {
  const [before, after] = tf.split(distances, 2, -1) as [tf.Tensor, tf.Tensor];
  const low = tf.clipByValue(tf.sub(location, before), 0, 1);
  const high = tf.clipByValue(tf.add(location, after), 0, 1);
  const center = tf.div(tf.add(low, high), 2);
  return tf.concat([center, tf.sub(high, low)], -1);
}
