/**
 * The whole detector as one ONNX step, its memory fed back over three frames,
 * against what the original computed.
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  exportOnnx,
  type Numbers,
  openSession,
  type Tensors,
} from "../../../engine/onnx/mod.ts";
import { INFERENCE, type Params } from "../../../models/module.ts";
import type { FrameInputs, Memory } from "../../../models/streampetr/types.ts";
import {
  emptyMemory,
  matrixAt,
  r50Detector,
  recordedFrame,
  SMALL,
} from "../../support/detector.ts";
import {
  type Golden,
  goldenParams,
  openGolden,
  s,
} from "../../support/golden.ts";
import { specsOf } from "./support.ts";

type Named = Record<string, Numbers>;

function numbersOf(tensors: Tensors, prefix = ""): Named {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      `${prefix}${name}`,
      { data: tensor.dataSync() as Float32Array, shape: tensor.shape },
    ]),
  );
}

/** The entries under a prefix, under another one. */
function renamed<T>(all: Record<string, T>, from: string, to: string) {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name.startsWith(from))
      .map(([name, value]) => [to + name.slice(from.length), value]),
  );
}

/** Frame and memory in, predictions and memory out, all by name. */
function stepOf(net: ReturnType<typeof r50Detector>, params: Params) {
  return (inputs: Tensors): Tensors => {
    const frame = inputs as unknown as FrameInputs;
    const memory = renamed(inputs, "memory.", "") as unknown as Memory;
    const out = net.detect(
      params,
      net.features(params, frame, INFERENCE),
      frame,
      memory,
      null,
      INFERENCE,
    );
    const next = renamed(out.memory as unknown as Tensors, "", "next.");
    return { ...out.predictions, ...next };
  };
}

function frameOf(golden: Golden, k: number): Named {
  const shape = [6, 3, SMALL.imageHeight, SMALL.imageWidth];
  const image = s(`e2e/img/scene_n/${k}`, [1, ...shape], 2);
  return tf.tidy(() => {
    const images = tf.transpose(tf.tensor(image, shape), [0, 2, 3, 1]);
    const previous = k > 0 ? `f${k - 1}` : null;
    const frame = recordedFrame(golden, `f${k}`, previous, images);
    return numbersOf(frame as unknown as Tensors) as unknown as Tensors;
  }) as unknown as Named;
}

/** Points of the frame's LiDAR in the global frame, as they were recorded. */
function toGlobal(golden: Golden, k: number, points: Numbers) {
  const pose = matrixAt(golden, `f${k}/in/ego_pose`, 0);
  const data = Array.from(points.data, (_, i) => {
    const [axis, start] = [i % 3, i - i % 3];
    const at = (j: number) => pose[4 * axis + j]! * points.data[start + j]!;
    return at(0) + at(1) + at(2) + pose[4 * axis + 3]!;
  });
  return { data, shape: points.shape };
}

/** Recorded times are absolute; rows are this many seconds old. */
function recordedAges(golden: Golden, k: number): number[] {
  const now = Number(golden.array(`f${k}/in/timestamp`).data[0]);
  return Array.from(
    golden.array(`f${k}/memory_timestamp`).data,
    (t) => t + now,
  );
}

Deno.test("the exported detector follows the original over three frames", async () => {
  void tf.setBackend("cpu");
  const golden = await openGolden("e2e_small_near");
  const net = r50Detector(SMALL);
  const params = goldenParams(net.params);
  const empty = emptyMemory(SMALL, 1) as unknown as Tensors;
  let memory = numbersOf(empty, "memory.");
  const model = exportOnnx(
    stepOf(net, params),
    specsOf({ ...frameOf(golden, 0), ...memory }),
    { names: params },
  );
  tf.dispose([params, empty]);
  const session = await openSession(model, { threads: 2 });
  for (let k = 0; k < 3; k++) {
    const out = await session.run({ ...frameOf(golden, k), ...memory });
    const bound = k === 0 ? 2e-5 : 1e-4;
    const check = (key: string, value: Parameters<Golden["check"]>[1]) =>
      golden.check(`f${k}/${key}`, value, bound);
    check("all_cls_scores", out.classScores!);
    check("all_bbox_preds", out.boxCodes!);
    check("memory_embedding", out["next.embedding"]!);
    check("memory_velo", out["next.velocity"]!);
    const points = out["next.referencePoint"]!;
    check("memory_reference_point", toGlobal(golden, k, points));
    const ages = out["next.timestamp"]!.data;
    recordedAges(golden, k).forEach((age, i) =>
      assert.ok(Math.abs(ages[i]! - age) < 1e-5)
    );
    memory = renamed(out, "next.", "memory.");
  }
  await session.close();
});
