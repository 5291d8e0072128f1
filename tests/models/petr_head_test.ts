/** PETR's head against recorded runs of the original. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE, type Pass } from "../../models/module.ts";
import { buildPetrHead, PETR_704 } from "../../models/petr/mod.ts";
import type { HeadConfig } from "../../models/streampetr/config.ts";
import { denoisingMask } from "../../models/streampetr/training/mask.ts";
import type {
  DenoisingInputs,
  FrameInputs,
  Memory,
} from "../../models/streampetr/types.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  normAndSum,
  openVariant,
  signed,
  signedMap,
  variantParams,
} from "../support/variants.ts";

await useTensorFlow();

const TOY: HeadConfig = {
  ...PETR_704,
  queries: 6,
  layers: 2,
  feedforward: 64,
  dropout: 0,
  imageHeight: 64,
  imageWidth: 96,
};
const NO_MEMORY = {} as Memory;
const TRAINING: Pass = { training: true };
const [B, N, C, h, w] = [2, 2, 256, 4, 6];

const golden = await openVariant("petr_head");
const head = buildPetrHead(TOY);
const params = variantParams(head.params);

function given(key: string): tf.Tensor {
  const { data, shape } = golden.array(key);
  return tf.tensor(data as Float32Array, shape);
}

function frameOf(): FrameInputs {
  return {
    images: tf.zeros([0]),
    lidarFromImage: given("lidarFromImage"),
    focal: given("focal"),
    currentFromPrevious: tf.zeros([0]),
    deltaSeconds: tf.zeros([0]),
    prevExists: tf.zeros([0]),
  };
}

function features(): tf.Tensor {
  return tf.reshape(signedMap("petr/feat", [B * N, C, h, w]), [B, N, h, w, C]);
}

/** Runs the head and compares its scores and boxes. */
function check(
  prefix: string,
  denoising: DenoisingInputs | null,
  pass: Pass,
  tokens: tf.Tensor2D | null = null,
): void {
  const { predictions, memory } = head
    .forward(params, features(), frameOf(), NO_MEMORY, denoising, pass, tokens);
  golden.check(`${prefix}classScores`, predictions.classScores, 1e-4);
  golden.check(`${prefix}boxCodes`, predictions.boxCodes, 1e-4);
  assert.equal(memory, NO_MEMORY);
}

Deno.test("scores and boxes of all layers", () => {
  tf.tidy(() => check("", null, INFERENCE));
});

Deno.test("some tokens only, in any order", () => {
  tf.tidy(() => {
    const tokens = tf.tensor2d(
      golden.array("tokens").data as Int32Array,
      [B, 7],
      "int32",
    );
    check("few/", null, INFERENCE, tokens);
  });
});

Deno.test("denoising queries and their mask", () => {
  tf.tidy(() => {
    const layout = { groups: 10, bucket: 3, queries: TOY.queries };
    const mask = denoisingMask(
      { ...layout, propagated: 0, memory: 0 },
      tf.zeros([30]),
    );
    const blocked = golden.array("dn/mask");
    assert.deepEqual(mask.shape, blocked.shape);
    assert.deepEqual(
      Array.from(mask.dataSync(), (score) => score < -1e8 ? 1 : 0),
      [...blocked.data],
    );
    const referencePoints = given("dn/referencePoints");
    check("dn/", { referencePoints, mask }, TRAINING);
  });
});

Deno.test("all gradients", () => {
  const names = Object.keys(head.params)
    .filter((name) => head.params[name]!.trainable);
  assert.deepEqual(
    names.map((name) => `gradnorm/${name}`).sort(),
    golden.keys().filter((key) => key.startsWith("gradnorm/")).sort(),
  );
  tf.tidy(() => {
    const random = (tag: string, shape: number[]) =>
      tf.tensor(signed(tag, shape), shape);
    const frame = frameOf();
    const loss = (x: tf.Tensor, ...values: tf.Tensor[]) => {
      const own = Object.fromEntries(
        names.map((name, i) => [name, values[i]!]),
      );
      const { predictions: { classScores, boxCodes } } = head
        .forward({ ...params, ...own }, x, frame, NO_MEMORY, null, INFERENCE);
      return tf.add(
        tf.sum(tf.mul(classScores, random("petr/Rc", classScores.shape))),
        tf.sum(tf.mul(boxCodes, random("petr/Rb", boxCodes.shape))),
      ) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss as never)(
      [features(), ...names.map((name) => params[name]!)] as never,
    );
    golden.check("loss", tf.reshape(value, [1]), 1e-4);
    const [map, ...rest] = grads;
    golden.check("grad_feat", tf.transpose(map!, [0, 1, 4, 2, 3]), 1e-3);
    names.forEach((name, i) => {
      const data = normAndSum(rest[i]!);
      if (name.endsWith("layers.0.attentions.0.attn.in_proj_weight")) {
        // All first queries are zero: what they ask and answer is all equal.
        assert.ok(golden.array(`gradnorm/${name}`).data[0]! < 1e-9);
        assert.ok(data[0]! < 1e-4, `${data}`);
        return;
      }
      golden.check(`gradnorm/${name}`, { data, shape: [2] }, 1e-3);
    });
  });
});
