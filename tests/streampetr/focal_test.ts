import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  buildFocalHead,
  type FocalPredictions,
} from "../../models/streampetr/focal/head.ts";
import { focalObjective } from "../../models/streampetr/focal/loss.ts";
import {
  type GroundTruth2D,
  match2D,
  matchingCosts2D,
} from "../../models/streampetr/focal/matcher.ts";
import {
  type FocalTargets,
  matchFocalTargets,
} from "../../models/streampetr/focal/targets.ts";
import {
  chooseTokens,
  gatherTokens,
  keptTokens,
} from "../../models/streampetr/focal/tokens.ts";
import { useTensorFlow } from "../support/backend.ts";
import { goldenParams, s } from "../support/golden.ts";
import { byPrediction, rowsOf } from "./support.ts";
import { openTracked } from "./tracked.ts";

await useTensorFlow();
const golden = await openTracked("unit_focal2d");
const [imageHeight, imageWidth] = golden.json.pad_shape.split("x").map(Number);
const config = {
  name: "img_roi_head",
  channels: 256,
  classes: 10,
  stride: 16,
  imageHeight,
  imageWidth,
};
const head = buildFocalHead(config);
const params = goldenParams(head.params);
// [1, 6, 256, 8, 22], times two, to NHWC.
const features = tf.transpose(
  tf.tensor(s("unit/f2/feat", [1, 6, 256, 8, 22], 2), [6, 256, 8, 22]),
  [0, 2, 3, 1],
) as tf.Tensor4D;
const images: GroundTruth2D[] = Array.from({ length: 6 }, (_, i) => ({
  boxes: rowsOf(golden.array(`gt_bboxes2d_${i}`)),
  labels: golden.array(`gt_labels2d_${i}`).data,
  centers: rowsOf(golden.array(`centers2d_${i}`)),
}));

function matched(predictions: FocalPredictions): FocalTargets {
  const read = (x: tf.Tensor) => x.dataSync() as Float32Array;
  const { classScores, boxes, centers } = predictions;
  return matchFocalTargets(
    {
      classScores: read(classScores),
      boxes: read(boxes),
      centers: read(centers),
    },
    images,
    config,
  );
}

function objective(predictions: FocalPredictions, targets: FocalTargets) {
  const { positives } = targets;
  const dense = (data: Float32Array, ...width: number[]) =>
    tf.tensor(data, [6, 176, ...width]);
  return focalObjective(predictions, {
    labels: tf.tensor(targets.labels, [6, 176], "int32"),
    boxes: dense(targets.boxes, 4),
    centers: dense(targets.centers, 2),
    weights: dense(targets.weights),
    heatmap: dense(targets.heatmap),
    classNorm: tf.scalar(Math.max(positives, 1)),
    overlapNorm: tf.scalar(positives),
    boxNorm: tf.scalar(Math.max(positives, 1)),
  }, config);
}

Deno.test("the 2D head's predictions equal the reference's", () => {
  const out = head.forward(params, features);
  golden.check("enc_cls_scores", out.classScores, 1e-5);
  golden.check("enc_bbox_preds", out.boxes, 1e-5);
  golden.check("pred_centers2d", out.centers, 1e-5);
  golden.check("centerness", out.centerness, 1e-5);
});

Deno.test("heat maps equal the reference's, also without an object", () => {
  const { heatmap } = matched(head.forward(params, features));
  golden.check("heatmaps", { data: heatmap, shape: [6, 8, 22] }, 1e-6);
});

Deno.test("2D losses and their gradient equal the reference's", () => {
  const targets = matched(head.forward(params, features));
  const { terms } = objective(head.forward(params, features), targets);
  const keys = golden.keys().filter((key) => key.startsWith("loss/"));
  assert.deepEqual(
    Object.keys(terms).map((name) => `loss/${name}`).sort(),
    keys.sort(),
  );
  for (const [name, term] of Object.entries(terms)) {
    golden.check(`loss/${name}`, tf.reshape(term, [1]), 1e-5);
  }
  const total = (x: tf.Tensor) =>
    objective(head.forward(params, x as tf.Tensor4D), targets).total;
  const { value, grad } = tf.valueAndGrad(total)(features);
  golden.check("total", tf.reshape(value, [1]), 1e-5);
  const nchw = tf.transpose(grad, [0, 3, 1, 2]);
  golden.check("grad_feat", tf.expandDims(nchw, 0), 1e-4);
});

Deno.test("tokens come best first, each once", () => {
  const out = head.forward(params, features);
  const order = chooseTokens(out, 1, keptTokens(6 * 176, 1));
  const indices = [...order.dataSync()];
  assert.equal(new Set(indices).size, 6 * 176);
  const weight = tf.mul(
    tf.sigmoid(tf.max(out.classScores, -1)),
    tf.sigmoid(tf.squeeze(out.centerness, [-1])),
  ).dataSync();
  const { data: expected, shape } = golden.array("topk_indexes");
  const found = indices.map((token, place) => {
    // Near ties may swap.
    const gap = Math.abs(weight[token]! - weight[expected[place]!]!);
    return gap <= 1e-6 ? expected[place]! : token;
  });
  golden.check("topk_indexes", { data: found, shape }, 0);
});

Deno.test("a share of the tokens is chosen sample by sample", () => {
  const out = head.forward(params, features);
  const kept = keptTokens(3 * 176, 0.25);
  assert.equal(kept, 132);
  const chosen = chooseTokens(out, 2, kept);
  assert.deepEqual(chosen.shape, [2, 132]);
  assert.ok(chosen.dataSync().every((token) => token >= 0 && token < 3 * 176));
});

Deno.test("gatherTokens() picks rows and hands gradients back to them", () => {
  const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  const pick = tf.tensor2d([[1, 0], [1, 1]], [2, 2], "int32");
  const y = gatherTokens(x, pick);
  assert.deepEqual([...y.dataSync()], [3, 4, 1, 2, 7, 8, 7, 8]);
  const grad = tf.grad((x) => tf.sum(gatherTokens(x as tf.Tensor3D, pick)))(x);
  assert.deepEqual([...grad.dataSync()], [1, 1, 1, 1, 0, 0, 2, 2]);
});

Deno.test("choosing tokens inside a gradient leaves gradients possible", () => {
  const grad = tf.grad((x) => {
    const out = head.forward(params, x as tf.Tensor4D);
    const rows = tf.reshape(x, [1, 6 * 176, 256]) as tf.Tensor3D;
    return tf.sum(gatherTokens(rows, chooseTokens(out, 1, 10)));
  })(features);
  assert.equal(tf.sum(grad).dataSync()[0], 10 * 256);
});

Deno.test("2D matching costs and pairs equal the reference's", async () => {
  const fixture = await openTracked("unit_assign3d");
  const data = (key: string) => fixture.array(`a2_${key}`).data;
  const predictions = {
    classScores: data("cls_pred") as Float32Array,
    boxes: data("bbox_pred") as Float32Array,
    centers: data("pred_centers2d") as Float32Array,
  };
  const objects: GroundTruth2D = {
    boxes: rowsOf(fixture.array("a2_gt_bboxes")),
    labels: data("gt_labels"),
    centers: rowsOf(fixture.array("a2_gt_centers2d")),
  };
  const costs = matchingCosts2D(predictions, objects, config);
  fixture.check("a2_cost", byPrediction(costs), 1e-5);
  const found = match2D(predictions, objects, config);
  const indices = Array.from(found, (index) => index + 1);
  fixture.check("a2_gt_inds", { data: indices, shape: [indices.length] }, 0);
  fixture.finish({
    inputs:
      /^a2_((cls|bbox)_pred|pred_centers2d|gt_(bboxes|labels|centers2d))$/,
    unused: /^(?!a2_)/,
  });
});

Deno.test("a batch without any object has finite losses", () => {
  const empty = { boxes: [], labels: [], centers: [] };
  const out = head.forward(params, features);
  const read = (x: tf.Tensor) => x.dataSync() as Float32Array;
  const targets = matchFocalTargets(
    {
      classScores: read(out.classScores),
      boxes: read(out.boxes),
      centers: read(out.centers),
    },
    Array(6).fill(empty),
    config,
  );
  assert.equal(targets.positives, 0);
  const grad = tf.grad((x) =>
    objective(head.forward(params, x as tf.Tensor4D), targets).total
  )(features);
  assert.ok(grad.dataSync().every(Number.isFinite));
  const { terms } = objective(out, targets);
  assert.equal(terms.enc_loss_iou!.dataSync()[0], 0);
  assert.equal(terms.enc_loss_bbox!.dataSync()[0], 0);
});

// Runs last: tests of a file run in their order. The 2D head asks for no
// depths.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: /^(centers2d|gt_bboxes2d|gt_labels2d)_\d$/,
    unused: /^depths_\d$/,
  }));
