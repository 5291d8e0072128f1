/**
 * The detector of the recorded end-to-end fixtures, and their frames.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { cpfpn } from "../../models/cpfpn.ts";
import { resnet } from "../../models/resnet.ts";
import { type HeadConfig, R50_704 } from "../../models/streampetr/config.ts";
import { buildDetector } from "../../models/streampetr/detector.ts";
import { buildHead } from "../../models/streampetr/head.ts";
import { memoryShapes } from "../../models/streampetr/memory.ts";
import type { FrameInputs, Memory } from "../../models/streampetr/types.ts";
import {
  inverseAffine,
  type Matrix4,
  multiply,
} from "../../nusc/loader/mod.ts";
import type { Golden } from "./golden.ts";

/** Head of e2e_small_*: 64 + 16 queries, memory 64, images 128x352. */
export const SMALL: HeadConfig = {
  ...R50_704,
  queries: 64,
  propagated: 16,
  memory: 64,
  topk: 16,
  imageHeight: 128,
  imageWidth: 352,
  dropout: 0,
};

/** ResNet-50, CPFPN and a head. */
export function r50Detector(config: HeadConfig) {
  const backbone = resnet({
    name: "img_backbone",
    depth: 50,
    norm: { mode: "frozen" },
  });
  return buildDetector({
    backbone,
    neck: cpfpn("img_neck", [1024, 2048], 256),
    head: buildHead(config),
  });
}

/** A memory with nothing in it. */
export function emptyMemory(config: HeadConfig, batch: number): Memory {
  const zeros = Object.entries(memoryShapes(config, batch))
    .map(([key, shape]) => [key, tf.zeros(shape)]);
  return Object.fromEntries(zeros) as unknown as Memory;
}

/** Matrix b of a recorded [B, 4, 4] array, float64. */
export function matrixAt(golden: Golden, key: string, b: number): Matrix4 {
  const data = golden.array(key).data as Float32Array;
  return Float64Array.from(data.subarray(16 * b, 16 * b + 16));
}

/** Geometry of a recorded frame `f<k>/in/…` for one sample. */
export function recordedFrame(
  golden: Golden,
  key: string,
  previous: string | null,
  images: tf.Tensor,
): FrameInputs {
  const N = 6;
  const inverses = Array.from(
    { length: N },
    (_, n) => [...inverseAffine(matrixAt(golden, `${key}/in/lidar2img`, n))],
  );
  const K = golden.array(`${key}/in/intrinsics`).data as Float32Array;
  const focal = Array.from(
    { length: N },
    (_, n) => [K[16 * n]!, K[16 * n + 5]!],
  );
  const time = (at: string) =>
    Number(golden.array(`${at}/in/timestamp`).data[0]);
  const move = multiply(
    matrixAt(golden, `${key}/in/ego_pose_inv`, 0),
    matrixAt(golden, `${previous ?? key}/in/ego_pose`, 0),
  );
  return {
    images,
    lidarFromImage: tf.tensor(inverses.flat(), [1, N, 4, 4]),
    focal: tf.tensor(focal.flat(), [1, N, 2]),
    currentFromPrevious: tf.tensor([...move], [1, 4, 4]),
    deltaSeconds: tf.tensor1d([previous ? time(key) - time(previous) : 0]),
    prevExists: tf.tensor1d(
      golden.array(`${key}/in/prev_exists`).data as Float32Array,
    ),
  };
}
