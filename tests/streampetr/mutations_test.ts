/** A test of the tests: recorded arrays must notice planted mistakes. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE, type Params } from "../../models/module.ts";
import { buildHead, type HeadOutputs } from "../../models/streampetr/head.ts";
import { motionNorm } from "../../models/streampetr/modulation.ts";
import { cone, frustum } from "../../models/streampetr/position.ts";
import type { FrameInputs } from "../../models/streampetr/types.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  emptyMemory,
  r50Detector,
  recordedFrame,
  SMALL,
} from "../support/detector.ts";
import { goldenParams, goldenRows, openGolden, s } from "../support/golden.ts";
import { inRecordedOrder } from "./e2e.ts";
import { type Mutation, MUTATIONS } from "./mutations.ts";

await useTensorFlow();
const golden = await openGolden("e2e_small_near");
const BOUNDS = [2e-5, 1e-4, 1e-4];
const detector = r50Detector(SMALL);
const params = goldenParams(detector.params);

function recorded(k: number): FrameInputs {
  const nchw = tf.tensor(s(`e2e/img/scene_n/${k}`, [6, 3, 128, 352], 2), [
    ...[6, 3],
    ...[128, 352],
  ]);
  const images = tf.transpose(nchw, [0, 2, 3, 1]);
  return recordedFrame(golden, `f${k}`, k ? `f${k - 1}` : null, images);
}

const frames = [0, 1, 2].map(recorded);

function featuresOf(weights: Params, k: number): tf.Tensor {
  return tf.tidy(() => detector.features(weights, frames[k]!, INFERENCE));
}

const features = [0, 1, 2].map((k) => featuresOf(params, k));

/** Whether a comparison fails; it leaves no row behind. */
function fails(key: string, actual: tf.Tensor, bound: number): boolean {
  const rows = goldenRows.length;
  try {
    golden.check(key, actual, bound);
    return false;
  } catch (error) {
    assert.ok(error instanceof assert.AssertionError, `${error}`);
    return true;
  } finally {
    goldenRows.length = rows;
  }
}

/** Runs frames up to the one in which the mistake shows. */
function run(mutation: Mutation): HeadOutputs {
  const weights = mutation.params?.(params) ?? params;
  const other = weights["img_backbone.bn1.running_var"] !==
    params["img_backbone.bn1.running_var"];
  let memory = emptyMemory(SMALL, 1);
  let last: HeadOutputs | undefined;
  for (let k = 0; k <= mutation.shows; k++) {
    const head = buildHead(mutation.config?.(k) ?? SMALL);
    const frame = mutation.frame?.(frames[k]!) ?? frames[k]!;
    const map = other ? featuresOf(weights, k) : features[k]!;
    const seen = mutation.features?.(map) ?? map;
    if (last && mutation.memory) memory = mutation.memory(memory, frame, last);
    last = head.forward(weights, seen, frame, memory, null, INFERENCE);
    memory = last.memory;
  }
  return last!;
}

/** Runs frames as they should; nearly equal scores may not tell otherwise. */
function runFaithfully(shows: number): HeadOutputs {
  const head = buildHead(SMALL);
  let memory = emptyMemory(SMALL, 1);
  for (let k = 0;; k++) {
    const last = head
      .forward(params, features[k]!, frames[k]!, memory, null, INFERENCE);
    if (k === shows) return last;
    memory = inRecordedOrder(golden, `f${k}`, SMALL, last);
  }
}

/** Keys of predictions that do not agree with the recording. */
function noticed({ predictions, debug }: HeadOutputs, k: number): string[] {
  const compared = {
    all_cls_scores: predictions.classScores,
    all_bbox_preds: predictions.boxCodes,
    "dbg/outs_dec": debug.outputs!,
  };
  return Object.entries(compared)
    .filter(([key, x]) => fails(`f${k}/${key}`, x, BOUNDS[k]!))
    .map(([key]) => key);
}

Deno.test("without a mistake every frame agrees", () => {
  for (const shows of [0, 1, 2] as const) {
    const found = tf.tidy(() => noticed(runFaithfully(shows), shows) as never);
    assert.deepEqual(found, []);
  }
});

for (const mutation of MUTATIONS) {
  Deno.test(`noticed: ${mutation.name}`, () => {
    const { shows } = mutation;
    const found: string[] = tf.tidy(() =>
      noticed(run(mutation), shows) as never
    );
    assert.notDeepEqual(found, []);
  });
}

/** Tokens aligned by a cone other than the head's own. */
function alignedBy(change: (points: tf.Tensor, focal: tf.Tensor) => tf.Tensor) {
  const { lidarFromImage, focal } = frames[0]!;
  const points = frustum(SMALL, lidarFromImage, 8, 22);
  const { embedded } = runFaithfully(0).debug;
  return motionNorm("pts_bbox_head.spatial_alignment", 8, 256)
    .forward(params, embedded!, change(points, focal));
}

Deno.test("noticed: the cone takes each camera's own focal lengths", () => {
  const key = "f0/dbg/memory_aligned";
  const cameraMajor = (points: tf.Tensor, focal: tf.Tensor) => {
    const own = tf.reshape(tf.div(tf.abs(focal), 1000), [1, 6, 1, 2]);
    const tiled = tf.reshape(tf.tile(own, [1, 1, 176, 1]), [1, 1056, 2]);
    const rest = tf.slice(cone(points, focal), [0, 0, 2], [1, 1056, 6]);
    return tf.concat([tiled, rest], -1);
  };
  assert.ok(!fails(key, alignedBy(cone), 2e-5));
  assert.ok(fails(key, alignedBy(cameraMajor), 2e-5));
});

Deno.test("noticed: the cone's near point is one bin further", () => {
  const further = (points: tf.Tensor, focal: tf.Tensor) => {
    const near = tf.slice(points, [0, 0, 35 * 3], [1, 1056, 3]);
    const rest = tf.slice(cone(points, focal), [0, 0, 0], [1, 1056, 5]);
    return tf.concat([rest, near], -1);
  };
  assert.ok(fails("f0/dbg/memory_aligned", alignedBy(further), 2e-5));
});

Deno.test("noticed: the heads get layers without post_norm", () => {
  const { debug } = runFaithfully(0);
  const raw = Array.from(
    { length: SMALL.layers },
    (_, i) => debug[`layer${i}`]!,
  );
  assert.ok(fails("f0/dbg/outs_dec", tf.stack(raw), 2e-5));
});
