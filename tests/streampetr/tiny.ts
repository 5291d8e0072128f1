/** A detector small enough to train inside a test. @module */
import * as tf from "@tensorflow/tfjs-core";
import { cpfpn } from "../../models/cpfpn.ts";
import { initialize } from "../../models/init.ts";
import type { ParamSpecs, Tensors } from "../../models/module.ts";
import { random } from "../../models/random.ts";
import { resnet } from "../../models/resnet.ts";
import { R50_704 } from "../../models/streampetr/config.ts";
import { buildDetector } from "../../models/streampetr/detector.ts";
import { buildAuxiliary } from "../../models/streampetr/training/auxiliary.ts";
import { buildHead } from "../../models/streampetr/head.ts";
import type { Sample } from "../../models/streampetr/training/host.ts";
import {
  inputSpecs,
  type StepConfig,
} from "../../models/streampetr/training/spec.ts";
import { trainStep } from "../../models/streampetr/training/step.ts";

const SIZE = { imageHeight: 32, imageWidth: 64, stride: 16 };

/** Two streams of two cameras, everything switched on. */
export const TINY: StepConfig = {
  batch: 2,
  cameras: 2,
  head: {
    ...R50_704,
    ...SIZE,
    embedDims: 32,
    heads: 4,
    layers: 2,
    feedforward: 32,
    queries: 12,
    propagated: 4,
    memory: 8,
    topk: 4,
    depthBins: 32,
    dropout: 0,
  },
  denoising: { groups: 3, bucket: 4, noiseScale: 1, split: 0.75 },
  focal: {
    ...SIZE,
    name: "img_roi_head",
    channels: 32,
    classes: 10,
    trainRatio: 1,
  },
  gridMask: 1,
};

/** The networks of a step's config. */
export function tinyParts(config: StepConfig) {
  const backbone = resnet({
    name: "img_backbone",
    depth: 18,
    width: 8,
    norm: { mode: "train" },
  });
  const detector = buildDetector({
    backbone,
    neck: cpfpn("img_neck", backbone.channels, config.head.embedDims),
    head: buildHead(config.head),
  });
  return { detector, focal: config.focal && buildAuxiliary(config.focal) };
}

/** A step of the tiny detector and its first parameters. */
export function tinyStep(config: StepConfig) {
  const step = trainStep(config, tinyParts(config));
  return { step, params: firstParams(step.params) };
}

function firstParams(specs: ParamSpecs): Tensors {
  return Object.fromEntries(
    Object.entries(initialize(specs, 7)).map((
      [name, { data, shape }],
    ) => [name, tf.tensor(data, shape)]),
  );
}

/** Ground truth of two streams; the second has fewer objects. */
export function tinySamples(): Sample[] {
  const numbers = random("tiny samples");
  const within = (low: number, high: number) =>
    low + (high - low) * numbers.uniform();
  return [3, 1].map((count) => ({
    labels: {
      boxes: Array.from({ length: count }, () => [
        ...[within(-40, 40), within(-40, 40), within(-2, 0)],
        ...[within(1, 5), within(1, 3), within(1, 2)],
        ...[within(-3, 3), within(-2, 2), within(-2, 2)],
      ]),
      labels: Array.from({ length: count }, () => numbers.integer(10)),
    },
    labels2d: [1, count - 1].map((seen) => ({
      boxes: Array.from({ length: seen }, () => {
        const [x, y] = [within(0, 30), within(0, 15)];
        return [x, y, x + within(5, 30), y + within(5, 15)];
      }),
      labels: Array.from({ length: seen }, () => numbers.integer(10)),
      centers: Array.from({ length: seen }, () => [
        within(5, 60),
        within(5, 30),
      ]),
    })),
  }));
}

/** Frame and empty memory of the tiny detector. */
export function tinyInputs(config: StepConfig): Tensors {
  const numbers = random("tiny frame");
  const specs = Object.entries(inputSpecs(config))
    .filter(([name]) => !/^(denoising|gridMask)/.test(name));
  const inputs = Object.fromEntries(specs.map(([name, { shape }]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from(
      { length: size },
      () => name === "images" ? numbers.normal() : 0,
    );
    return [name, tf.tensor(data, shape)];
  }));
  const poses = (count: number) =>
    tf.tensor(Array(count).fill([...tf.eye(4).dataSync()]).flat(), [
      count,
      4,
      4,
    ]);
  const cameras = config.batch * config.cameras;
  return {
    ...inputs,
    lidarFromImage: tf.mul(
      tf.reshape(poses(cameras), [config.batch, config.cameras, 4, 4]),
      [0.02, 0.02, 1, 1],
    ),
    currentFromPrevious: poses(config.batch),
  };
}
