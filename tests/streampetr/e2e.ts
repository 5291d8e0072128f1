/**
 * Runs the detector over the frames of a recorded stream and compares all
 * that was recorded of inference.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { cpfpn } from "../../models/cpfpn.ts";
import { INFERENCE } from "../../models/module.ts";
import { resnet } from "../../models/resnet.ts";
import type { HeadConfig } from "../../models/streampetr/config.ts";
import { decodeBoxes } from "../../models/streampetr/decode.ts";
import { buildDetector } from "../../models/streampetr/detector.ts";
import { buildHead, type HeadOutputs } from "../../models/streampetr/head.ts";
import { bestQueries } from "../../models/streampetr/memory.ts";
import type { Memory } from "../../models/streampetr/types.ts";
import { emptyMemory, matrixAt, recordedFrame } from "../support/detector.ts";
import { type Golden, goldenParams, s } from "../support/golden.ts";
import { checkBoxes } from "./boxes.ts";
import { globalMemory } from "./global.ts";
import type { Stream } from "./streams.ts";
import { openTracked } from "./tracked.ts";

/** What a frame gave. */
interface Seen extends HeadOutputs {
  maps: tf.Tensor4D[];
  features: tf.Tensor;
}

/** Runs all frames and checks each. */
export async function checkStream(stream: Stream): Promise<void> {
  const { config } = stream;
  const golden = await openTracked(stream.fixture);
  const run = detectorOf(config);
  let memory = emptyMemory(config, 1);
  for (const [k, tag] of stream.images.entries()) {
    const at = `f${k}`;
    const images = imagesOf(golden, at, tag, config);
    const previous = k > 0 ? `f${k - 1}` : null;
    const frame = recordedFrame(golden, at, previous, images);
    const seen = tf.tidy(() => run(frame, memory) as never) as Seen;
    checkMaps(golden, at, seen);
    checkDecoder(golden, at, seen, stream.bounds[k]!);
    checkDetections(golden, at, config, seen, stream.bounds[k]!);
    const next = inRecordedOrder(golden, at, config, seen);
    checkMemory(golden, at, next, stream.bounds[k]!);
    memory = next;
  }
  // The network is not given extrinsics; the gap says how near ties are.
  golden.finish({
    inputs: /\/in\//,
    unused: /\/(in\/extrinsics|min_gap_topk_and_decode)$/,
  });
}

/** ResNet-50, CPFPN and head with generated weights. */
function detectorOf(config: HeadConfig) {
  const backbone = resnet({
    name: "img_backbone",
    depth: 50,
    norm: { mode: "frozen" },
  });
  let maps: tf.Tensor4D[] = [];
  const detector = buildDetector({
    backbone: {
      params: backbone.params,
      forward: (...inputs) => maps = backbone.forward(...inputs),
    },
    neck: cpfpn("img_neck", [1024, 2048], config.embedDims),
    head: buildHead(config),
  });
  const params = goldenParams(detector.params);
  return (
    frame: Parameters<typeof detector.detect>[2],
    memory: Memory,
  ): Seen => {
    const features = detector.features(params, frame, INFERENCE);
    const out = detector
      .detect(params, features, frame, memory, null, INFERENCE);
    return { ...out, maps, features };
  };
}

/** Generated images [6, H, W, 3], compared with the recorded sample. */
export function imagesOf(
  golden: Golden,
  at: string,
  tag: string,
  { imageHeight: H, imageWidth: W }: HeadConfig,
): tf.Tensor {
  const data = s(tag, [1, 6, 3, H, W], 2);
  golden.check(`${at}/in/img`, { data, shape: [1, 6, 3, H, W] }, 0);
  return tf.transpose(tf.tensor(data, [6, 3, H, W]), [0, 2, 3, 1]);
}

/** Checks what no memory has touched. */
function checkMaps(golden: Golden, at: string, seen: Seen): void {
  const nchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);
  const [s3, s4] = seen.maps;
  golden.check(`${at}/dbg/backbone_s3`, nchw(s3!), 1e-5);
  golden.check(`${at}/dbg/backbone_s4`, nchw(s4!), 1e-5);
  const neck = tf.squeeze(seen.features, [0]);
  golden.check(`${at}/dbg/neck0`, nchw(neck), 1e-5);
  const { embedded, tokens, posEmbed, tokenPosition } = seen.debug;
  golden.check(`${at}/dbg/memory_embed`, embedded!, 2e-5);
  golden.check(`${at}/dbg/memory_aligned`, tokens!, 2e-5);
  golden.check(`${at}/dbg/pos_embed`, posEmbed!, 3e-4);
  golden.check(`${at}/dbg/featurized_pe`, tokenPosition!, 3e-4);
}

/** Checks the layers before and after the shared norm. */
function checkDecoder(
  golden: Golden,
  at: string,
  { debug }: Seen,
  bound: number,
): void {
  for (let i = 0; `layer${i}` in debug; i++) {
    golden.check(`${at}/dbg/dec_layer${i}`, debug[`layer${i}`]!, bound);
  }
  golden.check(`${at}/dbg/outs_dec`, debug.outputs!, bound);
}

/** Checks raw predictions of all layers and the boxes of the last one. */
export function checkDetections(
  golden: Golden,
  at: string,
  config: HeadConfig,
  { predictions }: Pick<HeadOutputs, "predictions">,
  bound: number,
): void {
  const parts = {
    all_cls_scores: predictions.classScores,
    all_bbox_preds: predictions.boxCodes,
  };
  const last: Float32Array[] = [];
  for (const [key, x] of Object.entries(parts)) {
    golden.check(`${at}/${key}`, x, bound);
    tf.unstack(x).forEach((layer, i) => {
      const data = layer.dataSync() as Float32Array;
      const sums = [0, 0];
      for (const value of data) {
        sums[0]! += value;
        sums[1]! += Math.abs(value);
      }
      const name = `${at}/${key}.layer${i}.sums`;
      golden.check(name, { data: sums, shape: [2] }, bound);
      if (i === config.layers - 1) last.push(data);
    });
  }
  const decode = (maxBoxes: number) =>
    decodeBoxes(last[0]!, last[1]!, {
      classes: config.classes,
      maxBoxes,
      range: config.positionRange,
      origin: "bottom",
    });
  checkBoxes(golden, {
    boxes: `${at}/boxes_3d`,
    scores: `${at}/scores_3d`,
    labels: `${at}/labels_3d`,
    maxBoxes: 300,
    bound,
  }, decode);
}

/** Checks the queue in the reference's global terms. */
export function checkMemory(
  golden: Golden,
  at: string,
  memory: Memory,
  bound: number,
): void {
  const pose = matrixAt(golden, `${at}/in/ego_pose`, 0);
  const now = Number(golden.array(`${at}/in/timestamp`).data[0]);
  const all = globalMemory(memory, [pose], [now]);
  golden.check(`${at}/memory_embedding`, all.embedding, bound);
  golden.check(`${at}/memory_reference_point`, all.referencePoint, bound);
  golden.check(`${at}/memory_timestamp`, all.timestamp, 1e-12);
  golden.check(`${at}/memory_egopose`, all.egoPose, bound);
  golden.check(`${at}/memory_velo`, all.velocity, bound);
}

/** Scores this close may swap. */
const TIE = 1e-4;

/**
 * The new memory with its first rows as the reference chose and ordered
 * them: queries whose scores are nearly equal may differ by rounding, and
 * would come back as differently ordered queries of the next frame.
 */
export function inRecordedOrder(
  golden: Golden,
  at: string,
  config: HeadConfig,
  { predictions, debug, memory }: HeadOutputs,
): Memory {
  const last = (x: tf.Tensor) =>
    tf.squeeze(tf.slice(x, [config.layers - 1], [1]), [0]);
  const logits = last(predictions.classScores);
  const own = bestQueries(config, logits).dataSync();
  const recorded = golden.array(`${at}/topk_indexes`);
  assert.deepEqual([1, own.length], recorded.shape);
  const score = tf.sigmoid(tf.max(logits, -1)).dataSync();
  const found = Array.from(own, (query, i) => {
    const gap = Math.abs(score[query]! - score[recorded.data[i]!]!);
    return gap <= TIE ? recorded.data[i]! : query;
  });
  const { shape } = recorded;
  golden.check(`${at}/topk_indexes`, { data: found, shape }, 0);
  if (own.every((query, i) => query === recorded.data[i])) return memory;
  const rows = tf.tensor1d(recorded.data as Int32Array, "int32");
  const codes = tf.gather(last(predictions.boxCodes), rows, 1);
  const part = (from: number, size: number) =>
    tf.slice(codes, [0, 0, from], [1, own.length, size]);
  const onTop = (x: tf.Tensor, newest: tf.Tensor) =>
    tf.concat([newest, tf.slice(x, [0, own.length], [1, -1])], 1);
  const embedding = tf.gather(last(debug.outputs!), rows, 1);
  return {
    ...memory,
    embedding: onTop(memory.embedding, embedding),
    referencePoint: onTop(memory.referencePoint, part(0, 3)),
    velocity: onTop(memory.velocity, part(8, 2)),
  };
}
