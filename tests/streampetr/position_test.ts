import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { R50_704 } from "../../models/streampetr/config.ts";
import {
  cone,
  depthBins,
  tokenEncoder,
} from "../../models/streampetr/position.ts";
import type { FrameInputs } from "../../models/streampetr/types.ts";
import { inverseAffine } from "../../nusc/loader/mod.ts";
import { useTensorFlow } from "../support/backend.ts";
import { goldenParams } from "../support/golden.ts";
import { rowsOf } from "./support.ts";
import { openTracked } from "./tracked.ts";

await useTensorFlow();
const golden = await openTracked("unit_position_embeding");
const CONFIG = { ...R50_704, imageHeight: 128, imageWidth: 352 };
const [B, N, h, w, C] = [2, 6, 8, 22, 256] as const;
const encoder = tokenEncoder(CONFIG);
const params = goldenParams(encoder.params);

/** The recorded calibration; what the encoder does not read is left out. */
function frame(): FrameInputs {
  const flat = (key: string) =>
    rowsOf({ ...golden.array(key), shape: [B * N, 16] });
  const inverses = flat("lidar2img")
    .map((matrix) => [...inverseAffine(Float64Array.from(matrix))]);
  const focal = flat("intrinsics").map((K) => [K[0]!, K[5]!]);
  return {
    lidarFromImage: tf.tensor(inverses.flat(), [B, N, 4, 4]),
    focal: tf.tensor(focal.flat(), [B, N, 2]),
  } as unknown as FrameInputs;
}

function chosen(): tf.Tensor2D {
  const { data, shape } = golden.array("topk_indexes");
  return tf.tensor2d(data as Int32Array, [B, shape[1]!], "int32");
}

/** Features of which the chosen tokens are the recorded ones. */
function features(): tf.Tensor {
  const out = new Float32Array(B * N * h * w * C);
  const indices = golden.array("topk_indexes");
  const { data } = golden.array("memory_in");
  const count = indices.shape[1]!;
  indices.data.forEach((token, i) => {
    const row = data.subarray(i * C, (i + 1) * C) as Float32Array;
    const sample = Math.floor(i / count);
    out.set(row, (sample * N * h * w + token) * C);
  });
  return tf.tensor(out, [B, N, h, w, C]);
}

Deno.test("depth bins are the reference's and those of the formula", () => {
  const bins = depthBins(CONFIG);
  golden.check("coords_d", { data: bins, shape: [64] }, 1e-6);
  const expected = { 0: 1, 1: 1.028942, 34: 18.220673, 63: 59.347692 };
  for (const [i, depth] of Object.entries(expected)) {
    assert.ok(Math.abs(bins[Number(i)]! - depth) < 1e-6);
  }
});

Deno.test("all tokens have the reference's rays and position codes", () => {
  const empty = tf.zeros([B, N, h, w, C]);
  const { debug } = encoder.forward(params, empty, frame());
  golden.check("pos_embed_in_full", debug.encoderInput!, 1e-3);
  const every = Math.ceil(N * h * w / golden.array("pos_embed_in").shape[1]!);
  const some = tf.stridedSlice(
    debug.encoderInput!,
    [0, 0, 0],
    [B, N * h * w, 192],
    [1, every, 1],
  );
  golden.check("pos_embed_in", some, 1e-3);
  golden.check("cone", debug.cone!, 1e-5);
  golden.check("coords_position_embeding", debug.posEmbed!, 3e-4);
});

Deno.test("chosen tokens have the reference's codes, keys and values", () => {
  const { debug, memory, position } = encoder
    .forward(params, features(), frame(), chosen());
  golden.check("cone_topk", debug.cone!, 1e-5);
  golden.check("coords_position_embeding_topk", debug.posEmbed!, 3e-4);
  golden.check("memory_aligned", memory, 1e-5);
  golden.check("featurized_pe", position, 3e-4);
});

Deno.test("the cone's focal lengths cycle through the cameras", () => {
  const points = tf.zeros([1, 8, 192]);
  const focal = tf.tensor([[[1000, -2000], [3000, 4000]]]);
  const pairs = tf.slice(cone(points, focal), [0, 0, 0], [1, 8, 2]);
  const cycle = [1, 2, 3, 4];
  assert.deepEqual([...pairs.dataSync()], [0, 1, 2, 3].flatMap(() => cycle));
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: /^(lidar2img|intrinsics|memory_in|topk_indexes)$/,
  }));
