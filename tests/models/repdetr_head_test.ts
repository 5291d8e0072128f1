/** RepDETR3D's head against recorded frames of the original. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE, type Params, type Tensors } from "../../models/module.ts";
import {
  buildRepDetrHead,
  REPDETR3D_800,
  type RepDetrConfig,
} from "../../models/repdetr3d/mod.ts";
import { memoryShapes } from "../../models/streampetr/memory.ts";
import type { FrameInputs, Memory } from "../../models/streampetr/types.ts";
import { useTensorFlow } from "../support/backend.ts";
import type { Golden } from "../support/golden.ts";
import {
  normAndSum,
  openVariant,
  signed,
  signedMap,
  variantParams,
} from "../support/variants.ts";

await useTensorFlow();

/** Two cameras, maps of 8 × 12 and 4 × 6 cells. */
const TOY: RepDetrConfig = {
  ...REPDETR3D_800,
  layers: 2,
  feedforward: 64,
  queries: 6,
  propagated: 4,
  memory: 12,
  topk: 4,
  imageHeight: 64,
  imageWidth: 96,
  strides: [8, 16],
  points: 3,
};
const MAPS = [[2, 2, 256, 8, 12], [2, 2, 256, 4, 6]];

// Codes of cameras would be large: the recording tames them.
const gain = (name: string) => name.endsWith("cam_embed.0.weight") ? 0.2 : 1;

function frameOf(golden: Golden, k: number): FrameInputs {
  const given = (key: string) => {
    const { data, shape } = golden.array(key);
    return tf.tensor(data as Float32Array, shape);
  };
  return {
    images: tf.zeros([0]),
    lidarFromImage: tf.zeros([0]),
    focal: given("focal"),
    imageFromLidar: given("imageFromLidar"),
    cameraFromLidar: given("cameraFromLidar"),
    currentFromPrevious: k === 0
      ? tf.mul(tf.ones([2, 1, 1]), tf.eye(4))
      : given("currentFromPrevious"),
    deltaSeconds: tf.tensor1d(k === 0 ? [0, 0] : [0.5, 0.5]),
    prevExists: tf.tensor1d([k, k]),
  };
}

/** Recorded [B, N, C, h, w] map as [B, N, h·w, C]. */
function mapOf(level: number): tf.Tensor {
  const [B, N, C, h, w] = MAPS[level] as [number, ...number[]];
  const data = signedMap(`repdetr/feat${level}`, [B * N!, C!, h!, w!]);
  return tf.reshape(data, [B, N!, h! * w!, C!]);
}

function emptyMemory(): Memory {
  const zeros = Object.entries(memoryShapes(TOY, 2))
    .map(([name, shape]) => [name, tf.zeros(shape)]);
  return Object.fromEntries(zeros) as Memory;
}

Deno.test("two frames: layers, scores and boxes, with memory", async () => {
  const golden = await openVariant("repdetr_head");
  const head = buildRepDetrHead(TOY);
  const params = variantParams(head.params, gain);
  tf.tidy(() => {
    const features = tf.concat([mapOf(0), mapOf(1)], 2);
    let memory = emptyMemory();
    for (const k of [0, 1]) {
      const found = head.forward(
        params,
        features,
        frameOf(golden, k),
        memory,
        null,
        INFERENCE,
      );
      memory = found.memory;
      for (const [name, x] of Object.entries(found.debug)) {
        golden.check(`f${k}/${name}`, x, 1e-4);
      }
      const { classScores, boxCodes } = found.predictions;
      golden.check(`f${k}/classScores`, classScores, 1e-4);
      golden.check(`f${k}/boxCodes`, boxCodes, 1e-4);
    }
  });
  tf.dispose(params);
});

Deno.test("gradients of the second frame", async () => {
  const golden = await openVariant("repdetr_head");
  const head = buildRepDetrHead(TOY);
  const params = variantParams(head.params, gain);
  const names = Object.keys(head.params)
    .filter((name) => head.params[name]!.trainable);
  assert.deepEqual(
    names.map((name) => `gradnorm/${name}`).sort(),
    golden.keys().filter((key) => key.startsWith("gradnorm/")).sort(),
  );
  tf.tidy(() => {
    const maps = [mapOf(0), mapOf(1)];
    const { memory } = head.forward(
      params,
      tf.concat(maps, 2),
      frameOf(golden, 0),
      emptyMemory(),
      null,
      INFERENCE,
    );
    const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
      const moved: Tensors = { ...params as Params };
      names.forEach((name, i) => moved[name] = inputs[i]!);
      const { predictions } = head.forward(
        moved,
        tf.concat(inputs.slice(names.length), 2),
        frameOf(golden, 1),
        memory,
        null,
        INFERENCE,
      );
      return weightedSum(predictions.classScores, predictions.boxCodes);
    })([...names.map((name) => params[name]!), ...maps]);
    golden.check("loss", tf.reshape(value, [1]), 1e-5);
    names.forEach((name, i) => {
      const data = normAndSum(grads[i]!);
      golden.check(`gradnorm/${name}`, { data, shape: [2] }, 2e-4);
    });
    MAPS.forEach(([B, N, C, h, w], level) => {
      const gradient = tf.reshape(
        grads[names.length + level]!,
        [B! * N!, h!, w!, C!],
      );
      const nchw = tf.transpose(gradient, [0, 3, 1, 2]);
      golden.check(
        `grad_feat${level}`,
        tf.reshape(nchw, [B!, N!, C!, h!, w!]),
        2e-4,
      );
    });
  });
  tf.dispose(params);
});

function weightedSum(scores: tf.Tensor, codes: tf.Tensor): tf.Scalar {
  const by = (tag: string, x: tf.Tensor) => {
    const R = tf.tensor(signed(tag, x.shape), x.shape);
    return tf.sum(tf.mul(x, R));
  };
  return tf.add(by("repdetr/Rc", scores), by("repdetr/Rb", codes));
}

Deno.test("the recording notices mistakes", async () => {
  const golden = await openVariant("repdetr_head");
  const head = buildRepDetrHead(TOY);
  const params = variantParams(head.params, gain);
  const mistakes: Record<string, (frame: FrameInputs) => FrameInputs> = {
    "focal lengths without sign": (frame) => ({
      ...frame,
      focal: tf.abs(frame.focal),
    }),
    "cameras in another order": (frame) => ({
      ...frame,
      imageFromLidar: tf.reverse(frame.imageFromLidar!, 1),
    }),
    "poses with the bird's-eye augmentation": (frame) => ({
      ...frame,
      cameraFromLidar: frame.imageFromLidar!,
    }),
    "no time between the frames": (frame) => ({
      ...frame,
      deltaSeconds: tf.zeros([2]),
    }),
  };
  tf.tidy(() => {
    const features = tf.concat([mapOf(0), mapOf(1)], 2);
    const look = (frame: FrameInputs, memory: Memory, config = TOY) =>
      buildRepDetrHead(config)
        .forward(params, features, frame, memory, null, INFERENCE);
    const { memory } = look(frameOf(golden, 0), emptyMemory());
    const noticed = (frame: FrameInputs, config?: RepDetrConfig) => {
      const { classScores } = look(frame, memory, config).predictions;
      return golden.error("f1/classScores", classScores) > 1e-4;
    };
    const frame = frameOf(golden, 1);
    assert.ok(!noticed(frame));
    for (const [mistake, change] of Object.entries(mistakes)) {
      assert.ok(noticed(change(frame)), mistake);
    }
    // Half as high an image: places move in all cameras.
    const low = { ...TOY, imageHeight: 60 };
    assert.ok(noticed(frame, low), "another image height");
  });
  tf.dispose(params);
});

Deno.test("a head that needs projections says so", () => {
  const head = buildRepDetrHead(TOY);
  const params = variantParams(head.params);
  tf.tidy(() => {
    const frame: FrameInputs = {
      images: tf.zeros([0]),
      lidarFromImage: tf.zeros([2, 2, 4, 4]),
      focal: tf.zeros([2, 2, 2]),
      currentFromPrevious: tf.zeros([2, 4, 4]),
      deltaSeconds: tf.zeros([2]),
      prevExists: tf.zeros([2]),
    };
    const features = tf.zeros([2, 2, 120, 256]);
    assert.throws(
      () =>
        head.forward(params, features, frame, emptyMemory(), null, INFERENCE),
      /needs the input "cameraFromLidar"/,
    );
  });
  tf.dispose(params);
});

Deno.test("groups must share the channels evenly", () => {
  assert.throws(
    () => buildRepDetrHead({ ...TOY, groups: 7 }),
    /groups is 7, expected a divisor of 256/,
  );
});
