import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Denoising,
  prepareDenoising,
} from "../../models/streampetr/training/denoise.ts";
import {
  LOSS_WEIGHTS,
  type LossTargets,
} from "../../models/streampetr/training/loss.ts";
import { MATCHING } from "../../models/streampetr/training/matcher.ts";
import {
  headObjective,
  type Objective,
} from "../../models/streampetr/training/objective.ts";
import {
  matchTargets,
  type Targets,
} from "../../models/streampetr/training/targets.ts";
import { u } from "../support/golden.ts";
import { useTensorFlow } from "../support/backend.ts";
import { gravityBoxes } from "./support.ts";
import { openTracked } from "./tracked.ts";

await useTensorFlow();
const golden = await openTracked("unit_head_loss");
const RANGE = [-51.2, -51.2, -5, 51.2, 51.2, 3];
const CODES = [2, 2, 1, 1, 1, 1, 1, 1, 1, 1];
const CLASSES = 10;
const GROUPS = 10;
const WEIGHTS = { ...LOSS_WEIGHTS, codes: CODES };

const samples = [0, 1].map((b) => ({
  boxes: gravityBoxes(golden.array(`gt_bboxes_${b}`)),
  labels: golden.array(`gt_labels_${b}`).data,
}));
const scores = golden.array("all_cls_scores");
const codes = golden.array("all_bbox_preds");
const [LAYERS, BATCH] = scores.shape as [number, number];
const PAD = golden.array("pad_size").data[0]!;
const tensors = [scores, codes].map(({ data, shape }) =>
  tf.tensor(data as Float32Array, shape)
) as [tf.Tensor, tf.Tensor];

/** Rows of the third axis. */
function part(x: tf.Tensor, from: number, count: number): tf.Tensor {
  const [L, B, , width] = x.shape as [number, number, number, number];
  return tf.slice(x, [0, 0, from, 0], [L, B, count, width]);
}

function matched(from: number): Targets {
  const count = scores.shape[2]! - from;
  const [classScores, boxCodes] = tensors.map((x) =>
    part(x, from, count).dataSync() as Float32Array
  ) as [Float32Array, Float32Array];
  const matching = { ...MATCHING, codeWeights: CODES };
  return matchTargets(
    { classScores, boxCodes },
    samples,
    LAYERS,
    CLASSES,
    matching,
  );
}

function asTensors(
  targets: Targets | Denoising,
  shape: number[],
  classNorm: number,
  boxNorm: number,
): LossTargets {
  return {
    labels: tf.tensor(targets.labels, shape, "int32"),
    boxes: tf.tensor(targets.boxes, [...shape, 10]),
    weights: tf.tensor(targets.weights, shape),
    classNorm: tf.scalar(classNorm),
    boxNorm: tf.scalar(boxNorm),
  };
}

/** Noised queries in the recorded layout: the bucket is the largest sample. */
function denoising(): Denoising {
  const total = GROUPS * samples.reduce((sum, s) => sum + s.labels.length, 0);
  const draws = u("unit/hl/rand/0", [total, 3]);
  let next = 0;
  return prepareDenoising(
    samples,
    { groups: GROUPS, bucket: PAD / GROUPS, noiseScale: 1, split: 0.75 },
    RANGE,
    CLASSES,
    () => draws[next++]!,
  );
}

function objective(from: number, present: boolean) {
  const found = matched(from);
  const count = scores.shape[2]! - from;
  const noised = denoising();
  const ordinary = asTensors(
    found,
    [LAYERS, BATCH, count],
    found.positives,
    found.positives,
  );
  const share = 3.14159 / 6 * 0.75 ** 3;
  const own = asTensors(
    noised,
    [BATCH, PAD],
    Math.max(1, noised.count * share),
    noised.count,
  );
  return (classScores: tf.Tensor, boxCodes: tf.Tensor): Objective => {
    const rows = (first: number, n: number) => ({
      classScores: part(classScores, first, n),
      boxCodes: part(boxCodes, first, n),
    });
    return headObjective(rows(from, count), ordinary, {
      inputs: rows(0, PAD),
      targets: own,
      present: tf.scalar(present ? 1 : 0),
    }, WEIGHTS);
  };
}

function checkTerms(prefix: string, { terms }: Objective) {
  const keys = golden.keys().filter((key) => key.startsWith(`${prefix}/`));
  assert.deepEqual(
    Object.keys(terms).map((name) => `${prefix}/${name}`).sort(),
    keys.sort(),
  );
  for (const [name, term] of Object.entries(terms)) {
    golden.check(`${prefix}/${name}`, tf.reshape(term, [1]), 1e-5);
  }
}

Deno.test("all terms, their sum and its gradients equal the reference's", () => {
  const run = objective(PAD, true);
  checkTerms("loss", run(...tensors));
  const { value, grads } = tf.valueAndGrads((a, b) => run(a, b).total)(tensors);
  golden.check("total", tf.reshape(value, [1]), 1e-5);
  golden.check("grad_cls", grads[0]!, 1e-5);
  golden.check("grad_bbox", grads[1]!, 1e-5);
});

Deno.test("matching finds the recorded number of positives", () => {
  const { positives } = matched(PAD);
  const negatives = BATCH * (scores.shape[2]! - PAD) - positives;
  const data = [positives, negatives];
  golden.check("num_total_pos_neg", { data, shape: [2] }, 0);
});

Deno.test("without denoising its terms repeat the ordinary ones", () => {
  const run = objective(PAD, false);
  checkTerms("loss_nodn", run(...tensors));
});

Deno.test("repeated terms have no gradient", () => {
  const run = objective(PAD, false);
  const of = (pick: (o: Objective) => tf.Scalar) =>
    tf.grads((a, b) => pick(run(a, b)))(tensors)
      .map((gradient) => gradient.dataSync());
  const ordinary = (o: Objective) =>
    tf.addN(
      Object.entries(o.terms).filter(([name]) => !name.includes("dn_"))
        .map(([, term]) => term),
    ) as tf.Scalar;
  const [all, own] = [of(({ total }) => total), of(ordinary)];
  all.forEach((gradient, i) => {
    for (let k = 0; k < gradient.length; k++) {
      assert.ok(Math.abs(gradient[k]! - own[i]![k]!) <= 1e-7);
    }
  });
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: /^(all_(cls_scores|bbox_preds)|gt_(bboxes|labels)_\d|pad_size)$/,
  }));
