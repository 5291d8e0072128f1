import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { mergeParams } from "../../models/nn/mod.ts";
import {
  bestQueries,
  memoryParams,
  recall,
  remember,
} from "../../models/streampetr/memory.ts";
import { queryMaker } from "../../models/streampetr/queries.ts";
import type { FrameInputs, Memory } from "../../models/streampetr/types.ts";
import { multiply } from "../../nusc/loader/mod.ts";
import { useTensorFlow } from "../support/backend.ts";
import { emptyMemory, matrixAt, SMALL } from "../support/detector.ts";
import { goldenParams, s } from "../support/golden.ts";
import { globalMemory } from "./global.ts";
import { openTracked } from "./tracked.ts";

await useTensorFlow();
const golden = await openTracked("unit_memory");
const B = 2;
const queries = queryMaker(SMALL);
const params = goldenParams(mergeParams(memoryParams(SMALL), queries));

function tensor(key: string): tf.Tensor {
  const { data, shape } = golden.array(key);
  return tf.tensor(data as Float32Array, shape);
}

/** Motion and time since the frame before; nothing has passed before f0. */
function frame(k: number): FrameInputs {
  const before = Math.max(k - 1, 0);
  const moves = [0, 1].map((b) =>
    multiply(
      matrixAt(golden, `f${k}/ego_pose_inv`, b),
      matrixAt(golden, `f${before}/ego_pose`, b),
    )
  );
  const time = (at: number) => golden.array(`f${at}/timestamp`).data;
  return {
    currentFromPrevious: tf.tensor(moves.flatMap((m) => [...m]), [B, 4, 4]),
    deltaSeconds: tf.tensor1d(
      [0, 1].map((b) => time(k)[b]! - time(before)[b]!),
    ),
    prevExists: tensor(`f${k}/prev_exists`),
  } as FrameInputs;
}

/**
 * The reference computes these from float32 poses a kilometre from the origin
 * and is off by `noise`, as its own float64 run shows; so ours are within 1e-5
 * of the truth.
 */
function poseBound(key: string): number {
  return 1e-5 + golden.noise(key);
}

/** Checks the rows that a frame sees. */
function checkSeen(at: string, seen: Memory): void {
  const points = `${at}/pre/reference_point`;
  const poses = `${at}/pre/egopose`;
  golden.check(`${at}/pre/embedding`, seen.embedding, 1e-6);
  golden.check(points, seen.referencePoint, poseBound(points));
  golden.check(`${at}/pre/timestamp`, seen.timestamp, 1e-6);
  golden.check(poses, seen.egoPose, poseBound(poses));
  golden.check(`${at}/pre/velo`, seen.velocity, 1e-6);
}

/** Checks what the memory becomes among the queries. */
function checkAligned(at: string, seen: Memory, bound: number): void {
  const asked = queries.forward(params, seen, null);
  golden.check(`${at}/align/tgt`, asked.content, bound);
  golden.check(`${at}/align/query_pos`, asked.position, bound);
  golden.check(`${at}/align/reference_points`, asked.referencePoints, 1e-5);
  golden.check(`${at}/align/temp_memory`, asked.memory, bound);
  golden.check(`${at}/align/temp_pos`, asked.memoryPosition, bound);
}

/** Checks the queue that a frame leaves, turned into global terms. */
function checkLeft(at: string, left: Memory, frame: string): void {
  const poses = [0, 1].map((b) => matrixAt(golden, `${frame}/ego_pose`, b));
  const times = [...golden.array(`${frame}/timestamp`).data];
  const all = globalMemory(left, poses, times);
  golden.check(`${at}/post/embedding`, all.embedding, 1e-6);
  golden.check(`${at}/post/reference_point`, all.referencePoint, 1e-5);
  golden.check(`${at}/post/timestamp`, all.timestamp, 1e-12);
  golden.check(`${at}/post/egopose`, all.egoPose, 1e-5);
  golden.check(`${at}/post/velo`, all.velocity, 1e-6);
  // A row's own pose is the identity at first, as all poses of queries are.
  const own = tf.slice(left.egoPose, [0, 0, 0, 0], [B, SMALL.topk, 4, 4]);
  const rows = golden.array(`${at}/align/rec_ego_pose`).shape[1]!;
  const poseOfRows = tf.tile(own, [1, rows / SMALL.topk, 1, 1]);
  golden.check(`${at}/align/rec_ego_pose`, poseOfRows, 0);
}

Deno.test("the queue is the reference's over four frames and a new scene", () => {
  let memory = emptyMemory(SMALL, B);
  for (let k = 0; k < 4; k++) {
    const at = `f${k}`;
    const seen = recall(SMALL, params, frame(k), memory);
    checkSeen(at, seen);
    checkAligned(at, seen, k === 0 ? 1e-5 : 5e-3);
    const rows = SMALL.queries + SMALL.propagated;
    memory = remember(SMALL, seen, {
      classScores: tf.squeeze(tensor(`${at}/all_cls_scores`), [0]),
      boxCodes: tf.squeeze(tensor(`${at}/all_bbox_preds`), [0]),
      embedding: tf.tensor(s(`unit/mem/od${k}`, [B, rows, 256]), [
        B,
        rows,
        256,
      ]),
    });
    checkLeft(at, memory, at);
  }
});

/** What the last layer gives, in B samples. */
function leavings(fill: (shape: number[]) => tf.Tensor) {
  const rows = SMALL.queries + SMALL.propagated;
  return {
    classScores: fill([B, rows, 10]),
    boxCodes: fill([B, rows, 10]),
    embedding: fill([B, rows, 256]),
  };
}

Deno.test("no gradient flows into what is remembered", () => {
  const seen = recall(SMALL, params, frame(0), emptyMemory(SMALL, B));
  const grad = tf.grad((x) => {
    const last = leavings((shape) => tf.mul(tf.randomNormal(shape), x));
    const memory = remember(SMALL, seen, last);
    const all = Object.values(memory).map((field) => tf.sum(field));
    return tf.add(tf.addN(all as tf.Tensor[]), tf.mul(x, 3));
  });
  assert.deepEqual([...grad(tf.scalar(2)).dataSync()], [3]);
});

Deno.test("a frame of NaN leaves zeros, not NaN", () => {
  const seen = recall(SMALL, params, frame(0), emptyMemory(SMALL, B));
  const last = leavings((shape) => tf.fill(shape, NaN));
  for (const field of Object.values(remember(SMALL, seen, last))) {
    assert.ok((field.dataSync() as Float32Array).every(Number.isFinite));
  }
});

Deno.test("the best queries come first, by their most probable class", () => {
  const rows = SMALL.queries + SMALL.propagated;
  const logits = new Float32Array(B * rows * 10).fill(-5);
  [[7, 3, 2], [40, 9, 1], [79, 0, 3]].forEach(([query, label, score]) => {
    logits[query! * 10 + label!] = score!;
  });
  const scores = tf.tensor3d(logits, [B, rows, 10]);
  const best = bestQueries(SMALL, scores).arraySync();
  assert.deepEqual(best[0]!.slice(0, 3), [79, 7, 40]);
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: /\/(ego_pose(_inv)?|timestamp|prev_exists|all_\w+)$/,
  }));
