/**
 * The 2D head of RepDETR3D's training: YOLOX (Ge et al. 2021) with one more
 * output, the projected centre of the 3D box.
 *
 * Source: YOLOXHeadCustom of StreamPETR (dense_heads/yolox_head.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, Pass } from "../../module.ts";
import { conv2d, convNorm, mergeParams } from "../../nn/mod.ts";
import { mapSizes } from "../config.ts";
import { decodeBoxes } from "./priors.ts";

/** Sizes of the head. */
export interface YoloxConfig {
  /** Prefix of all parameter names. */
  name: string;
  /** Channels of the features, and of the towers. */
  channels: number;
  /** Classes of the 2D labels (in the converter's order). */
  classes: number;
  /** Pixels between the cells of each map, fine to coarse. */
  strides: readonly number[];
  /** Size of the (padded) input image, pixels. */
  imageHeight: number;
  /** As above. */
  imageWidth: number;
}

/** What the head says of the T cells of all maps of I images. */
export interface YoloxPredictions {
  /** [I, T, classes] logits. */
  classScores: tf.Tensor;
  /** [I, T] logits. */
  objectness: tf.Tensor;
  /** [I, T, 4] centre from the cell's corner, log of sizes, in strides. */
  codes: tf.Tensor;
  /** [I, T, 2] projected 3D centre from the cell's corner, in strides. */
  centers: tf.Tensor;
  /** [I, T, 4] x1, y1, x2, y2 of the codes, pixels. */
  boxes: tf.Tensor;
}

/** The built head; features are [I, T, C]. */
export type YoloxHead = Module<[tf.Tensor3D, Pass], YoloxPredictions>;

/** Convolutions of a tower. */
const STACKED = 2;

/** Builds the head; every map has towers of its own. */
export function buildYoloxHead(config: YoloxConfig): YoloxHead {
  const sizes = mapSizes(config);
  const levels = sizes.map((_, level) => levelHead(config, level));
  return {
    params: mergeParams(...levels),
    forward(params, features, pass) {
      const [I, , C] = features.shape;
      let start = 0;
      const found = sizes.map(({ height, width }, level) => {
        const cells = height * width;
        const map = tf.slice(features, [0, start, 0], [I, cells, C]);
        start += cells;
        const image = tf.reshape(map, [I, height, width, C]) as tf.Tensor4D;
        return levels[level]!.forward(params, image, pass);
      });
      const all = (key: keyof LevelOutputs) =>
        tf.concat(found.map((level) => level[key]), 1);
      const codes = all("reg");
      const objectness = all("obj");
      return {
        classScores: all("cls"),
        objectness: tf.reshape(objectness, [I, objectness.shape[1]!]),
        codes,
        centers: all("centers2d"),
        boxes: decodeBoxes(config, codes),
      };
    },
  };
}

/** [I, h·w, c] of one map, by the reference's names. */
type LevelOutputs = Record<"cls" | "reg" | "obj" | "centers2d", tf.Tensor3D>;

function levelHead(
  { name, channels, classes }: YoloxConfig,
  level: number,
): Module<[tf.Tensor4D, Pass], LevelOutputs> {
  const look = tower(`${name}.multi_level_cls_convs.${level}`, channels);
  const measure = tower(`${name}.multi_level_reg_convs.${level}`, channels);
  const to = (part: string, outputs: number, bias = 0) =>
    conv2d(`${name}.multi_level_conv_${part}.${level}`, channels, outputs, 1, {
      biasInit: { kind: "constant", value: bias },
    });
  // The probability of every class, and of any object, starts at 1 %.
  const rare = -Math.log(99);
  const cls = to("cls", classes, rare);
  const reg = to("reg", 4);
  const obj = to("obj", 1, rare);
  const centers2d = to("centers2d", 2);
  return {
    params: mergeParams(look, measure, cls, reg, obj, centers2d),
    forward(params: Params, map, pass) {
      const seen = look.forward(params, map, pass);
      const measured = measure.forward(params, map, pass);
      return {
        cls: rows(cls.forward(params, seen)),
        reg: rows(reg.forward(params, measured)),
        obj: rows(obj.forward(params, measured)),
        centers2d: rows(centers2d.forward(params, measured)),
      };
    },
  };
}

/** 3×3 convolutions, each with batch norm and swish. */
function tower(
  name: string,
  channels: number,
): Module<[tf.Tensor4D, Pass], tf.Tensor4D> {
  const layers = Array.from({ length: STACKED }, (_, i) =>
    convNorm({
      conv: `${name}.${i}.conv`,
      norm: `${name}.${i}.bn`,
      inputs: channels,
      outputs: channels,
      kernel: 3,
      init: { kind: "torch-default", fanIn: channels * 9 },
      batchNorm: { mode: "train", momentum: 0.03, eps: 1e-3 },
    }));
  return {
    params: mergeParams(...layers),
    forward(params, map, pass) {
      let x = map;
      for (const layer of layers) {
        const normed = layer.forward(params, x, pass);
        x = tf.mul(normed, tf.sigmoid(normed));
      }
      return x;
    },
  };
}

/** [I, h, w, c] → [I, h·w, c]. */
function rows(map: tf.Tensor4D): tf.Tensor3D {
  const [images, h, w, c] = map.shape;
  return tf.reshape(map, [images, h * w, c]);
}
