import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  adamw,
  clipByGlobalNorm,
  cosineSchedule,
  cyclicSchedule,
  emaShare,
  emaStep,
  layerDecayOf,
  multiplierOf,
  nextLossScale,
  startLossScale,
  zeroMoments,
} from "../../models/optim/mod.ts";

await tf.setBackend("cpu");

function close(actual: tf.Tensor, expected: number[], bound: number) {
  const data = actual.dataSync();
  assert.equal(data.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(
      Math.abs(data[i]! - value) <= bound * Math.abs(value) + 1e-12,
      `[${i}]: ${data[i]}, expected ${value}`,
    )
  );
}

// Printed by torch 2.13: AdamW, lr 4e-4, weight decay 0.01; the first
// parameter's group has 0.25·lr, the second's 5·decay.
const TORCH = {
  gradients: [
    { body: [0.1, -2, 1e-4, 0], head: [5] },
    { body: [0.3, 1, -1e-4, 0], head: [-1] },
    { body: [-0.2, 0.5, 2e-4, 1e-9], head: [0.25] },
  ],
  body: [
    [0.4998995065689087, -1.2498986721038818, 2.999897003173828, 0],
    [0.499807208776474, -1.249870777130127, 2.99989914894104, 0],
    [
      0.49978092312812805,
      -1.2498633861541748,
      2.9998462200164795,
      -3.4885260902228765e-06,
    ],
  ],
  head: [1.999559998512268, 1.9993155002593994, 1.9991050958633423],
  mean: [
    0.015100003220140934,
    -0.02199999988079071,
    1.9099999917671084e-05,
    1.000000013351432e-10,
  ],
  variance: [
    0.00013989002036396414,
    0.005241004284471273,
    5.997000812607567e-11,
    9.999999682655225e-22,
  ],
};

Deno.test("adamw() follows torch.optim.AdamW through three steps", () => {
  let params: Record<string, tf.Tensor> = {
    body: tf.tensor1d([0.5, -1.25, 3, 0]),
    head: tf.tensor1d([2]),
  };
  let moments = zeroMoments(params);
  TORCH.gradients.forEach(({ body, head }, i) => {
    const gradients = { body: tf.tensor1d(body), head: tf.tensor1d(head) };
    ({ params, moments } = adamw(
      params,
      gradients,
      moments,
      tf.scalar(4e-4),
      tf.scalar(i + 1),
      {
        weightDecay: 0.01,
        multipliers: (name) => ({
          lr: name === "body" ? 0.25 : 1,
          decay: name === "head" ? 5 : 1,
        }),
      },
    ));
    close(params.body!, TORCH.body[i]!, 3e-7);
    close(params.head!, [TORCH.head[i]!], 3e-7);
  });
  close(moments.mean.body!, TORCH.mean, 3e-7);
  close(moments.variance.body!, TORCH.variance, 3e-7);
});

Deno.test("adamw() takes the first beta as a tensor too", () => {
  const run = (beta: number | tf.Scalar) => {
    const params = { w: tf.tensor1d([1, -2]) };
    const gradients = { w: tf.tensor1d([0.5, 0.25]) };
    const state = zeroMoments(params);
    const options = {
      weightDecay: 0.01,
      betas: [beta, 0.999] as const,
    };
    const [lr, step] = [tf.scalar(0.1), tf.scalar(3)];
    return adamw(params, gradients, state, lr, step, options).params.w!;
  };
  close(run(tf.scalar(0.8)), [...run(0.8).dataSync()], 1e-6);
  assert.notDeepEqual(run(0.8).dataSync(), run(0.9).dataSync());
});

Deno.test("parameters without a gradient are left out of the update", () => {
  const params = { a: tf.tensor1d([1]), frozen: tf.tensor1d([1]) };
  const gradients = { a: tf.tensor1d([1]) };
  const result = adamw(
    params,
    gradients,
    zeroMoments(gradients),
    tf.scalar(1),
    tf.scalar(1),
    { weightDecay: 0 },
  );
  assert.deepEqual(Object.keys(result.params), ["a"]);
});

Deno.test("multiplierOf() takes the longest key, then the alphabet", () => {
  const table = { img_backbone: 0.25, "img_backbone.bn": 0, abc: 2, bcd: 3 };
  assert.equal(multiplierOf("img_backbone.layer1.conv1.weight", table), 0.25);
  assert.equal(multiplierOf("img_backbone.bn1.weight", table), 0);
  assert.equal(multiplierOf("pts_bbox_head.reg", table), 1);
  assert.equal(multiplierOf("abcd", table), 2);
});

Deno.test("layerDecayOf() counts layers as detectron2 does", () => {
  const of = (name: string) => layerDecayOf(name, 0.5, 3);
  assert.equal(of("img_backbone.pos_embed"), 0.5 ** 4);
  assert.equal(of("img_backbone.patch_embed.proj.weight"), 0.5 ** 4);
  assert.equal(of("img_backbone.blocks.0.norm1.weight"), 0.5 ** 3);
  assert.equal(of("img_backbone.blocks.2.attn.q_proj.weight"), 0.5);
  assert.equal(of("img_backbone.simfp_2.0.weight"), 1);
  assert.equal(of("pts_bbox_head.blocks.0.weight"), 1);
});

Deno.test("clipByGlobalNorm() scales by torch's coefficient", () => {
  const gradients = { a: tf.tensor1d([3, 4]), b: tf.tensor1d([12]) };
  const clipped = clipByGlobalNorm(gradients, 5);
  close(clipped.norm, [13], 1e-7);
  const scale = 5 / (13 + 1e-6);
  close(clipped.gradients.a!, [3 * scale, 4 * scale], 1e-6);
  close(clipped.gradients.b!, [12 * scale], 1e-6);
  const small = clipByGlobalNorm(gradients, 35);
  close(small.gradients.b!, [12], 0);
});

Deno.test("clipByGlobalNorm() shows a value that is not finite", () => {
  const gradients = { a: tf.tensor1d([1]), b: tf.tensor1d([Infinity]) };
  const { norm } = clipByGlobalNorm(gradients, 35);
  assert.equal(Number.isFinite(norm.dataSync()[0]), false);
});

const cosine = cosineSchedule({
  iterations: 42192,
  warmupIterations: 500,
  warmupRatio: 1 / 3,
  minLrRatio: 1e-3,
});

Deno.test("cosineSchedule() gives the rates of the reference's log", () => {
  // Line "Iter [n]" shows the rate of iteration n − 1; group 0 starts at 4e-4.
  const logged = {
    50: "1.595e-4",
    100: "1.861e-4",
    500: "3.993e-4",
    1000: "3.994e-4",
    8000: "3.656e-4",
    20000: "2.165e-4",
    32000: "5.524e-5",
    40450: "2.080e-6",
    42150: "4.010e-7",
  };
  for (const [line, rate] of Object.entries(logged)) {
    const lr = 4e-4 * cosine(Number(line) - 1);
    assert.equal(lr.toExponential(3), rate, `line ${line}`);
  }
  assert.ok(Math.abs(cosine(0) - 1 / 3) < 1e-12);
});

Deno.test("a held cosine changes at the ends of epochs only", () => {
  const options = { warmupIterations: 4, warmupRatio: 0.5, minLrRatio: 0 };
  const held = cosineSchedule({ ...options, iterations: 40, hold: 10 });
  assert.equal(held(10), held(19));
  assert.ok(Math.abs(held(10) - 0.5 * (1 + Math.cos(Math.PI / 4))) < 1e-12);
  assert.ok(held(0) < held(3) && held(3) < held(4));
});

Deno.test("cyclicSchedule() rises to its peak and falls to its end", () => {
  const options = {
    iterations: 1000,
    targetRatio: [6, 1e-4] as const,
    stepRatioUp: 0.4,
  };
  const cyclic = cyclicSchedule(options);
  assert.equal(cyclic(0), 1);
  assert.ok(Math.abs(cyclic(200) - 3.5) < 1e-12);
  assert.equal(cyclic(400), 6);
  assert.ok(Math.abs(cyclic(700) - (6 + 1e-4) / 2) < 1e-12);
  assert.ok(cyclic(999) > 1e-4 && cyclic(999) < 1e-3);
  const twice = cyclicSchedule({ ...options, cycles: 2 });
  assert.equal(twice(200), 6);
  assert.equal(twice(500), 1);
});

Deno.test("the loss scale halves on overflow and doubles after 2000 steps", () => {
  let state = startLossScale();
  state = nextLossScale(state, false);
  assert.deepEqual(state, { scale: 32768, finiteSteps: 0 });
  for (let i = 0; i < 1999; i++) state = nextLossScale(state, true);
  assert.deepEqual(state, { scale: 32768, finiteSteps: 1999 });
  assert.deepEqual(nextLossScale(state, false), {
    scale: 16384,
    finiteSteps: 0,
  });
  state = nextLossScale(state, true);
  assert.deepEqual(state, { scale: 65536, finiteSteps: 0 });
});

Deno.test("the loss scale never grows out of float32", () => {
  const top = { scale: 2 ** 127, finiteSteps: 0 };
  assert.equal(nextLossScale(top, true, { interval: 1 }).scale, 2 ** 127);
});

Deno.test("emaStep() moves the average by its share", () => {
  const average = { w: tf.tensor1d([1, 2]) };
  const params = { w: tf.tensor1d([2, 0]), other: tf.tensor1d([9]) };
  const next = emaStep(average, params, 0.25);
  assert.deepEqual(Object.keys(next), ["w"]);
  close(next.w!, [1.25, 1.5], 1e-7);
  close(emaStep(average, params, tf.scalar(0.25)).w!, [1.25, 1.5], 1e-7);
});

Deno.test("emaShare() warms up as mmdet's and TensorFlow's averages do", () => {
  const near = (value: number, expected: number) =>
    assert.ok(Math.abs(value - expected) < 1e-12, `${value}, ${expected}`);
  const mmdet = { decay: 0.9998, warmup: "exponential" } as const;
  near(emaShare(0, mmdet), (1 - 0.0002) * Math.exp(-1 / 2000) + 0.0002);
  near(emaShare(1e6, mmdet), 0.0002);
  near(emaShare(99, { ...mmdet, iterations: 100 }), 0.9998 / Math.E + 0.0002);
  const ratio = { decay: 0.999, warmup: "ratio" } as const;
  near(emaShare(0, ratio), 0.9);
  near(emaShare(1e6, ratio), 0.001);
  near(emaShare(0, { decay: 0.99, warmup: "none" }), 0.01);
});
