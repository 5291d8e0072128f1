import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Denoising,
  prepareDenoising,
} from "../../models/streampetr/training/denoise.ts";
import type { GroundTruth } from "../../models/streampetr/training/codes.ts";
import { encodeBoxes } from "../../models/streampetr/training/codes.ts";
import { denoisingMask } from "../../models/streampetr/training/mask.ts";
import { u } from "../support/golden.ts";
import { useTensorFlow } from "../support/backend.ts";
import { gravityBoxes } from "./support.ts";
import { openTracked } from "./tracked.ts";

await useTensorFlow();
const golden = await openTracked("unit_dn");
const RANGE = [-51.2, -51.2, -5, 51.2, 51.2, 3];
const CLASSES = 10;
const GROUPS = 10;
const [QUERIES, PROPAGATED, MEMORY] = [64, 16, 64];

const samples: GroundTruth[] = [0, 1].map((b) => ({
  boxes: gravityBoxes(golden.array(`gt_bboxes_${b}`)),
  labels: golden.array(`gt_labels_${b}`).data,
}));
/** Rows of a group in the reference: the larger sample. */
const USED = golden.array("pad_size").data[0]! / GROUPS;

function prepare(bucket: number): Denoising {
  const draws = u(
    "unit/dn/rand/0",
    golden.array("known_labels").shape.concat(3),
  );
  let next = 0;
  const config = { groups: GROUPS, bucket, noiseScale: 1, split: 0.75 };
  const uniform = () => draws[next++]!;
  const out = prepareDenoising(samples, config, RANGE, CLASSES, uniform);
  assert.equal(next, draws.length);
  return out;
}

/** Rows of the bucketed layout that the reference has too. */
function shared(bucket: number): number[] {
  return Array.from(
    { length: GROUPS * USED },
    (_, i) => Math.floor(i / USED) * bucket + i % USED,
  );
}

/** Rows in use: group by group, sample by sample, as the reference has them. */
function denoised(out: Denoising, bucket: number) {
  const found: { row: number; sample: number; place: number }[] = [];
  for (let group = 0; group < GROUPS; group++) {
    for (const sample of samples.keys()) {
      for (let i = 0; i < bucket; i++) {
        const row = (sample * GROUPS + group) * bucket + i;
        if (out.labels[row]! < 0) continue;
        found.push({ row, sample, place: group * USED + i });
      }
    }
  }
  return found;
}

/** Boxes [n, 9] of codes [n, 10]. */
function decoded(codes: readonly number[]): number[] {
  return Array.from({ length: codes.length / 10 }).flatMap((_, i) => {
    const [x, y, z, l, w, h, sin, cos, vx, vy] = codes
      .slice(i * 10, i * 10 + 10) as [number, ...number[]];
    const size = [l!, w!, h!].map(Math.exp);
    return [x, y!, z!, ...size, Math.atan2(sin!, cos!), vx!, vy!];
  });
}

for (const bucket of [USED, USED + 3]) {
  Deno.test(`denoising queries equal the reference's, bucket ${bucket}`, () => {
    const out = prepare(bucket);
    const rows = shared(bucket);
    const { data, shape } = golden.array("padded_reference_points");
    const points = samples.flatMap((_, b) => [
      ...rows.flatMap((row) => {
        const at = (b * GROUPS * bucket + row) * 3;
        return [...out.referencePoints.subarray(at, at + 3)];
      }),
      // The learned points behind them are not denoising's concern.
      ...data.subarray(
        (b * shape[1]! + rows.length) * 3,
        (b + 1) * shape[1]! * 3,
      ),
    ]);
    golden.check("padded_reference_points", { data: points, shape }, 1e-5);
  });

  Deno.test(`denoising targets equal the reference's, bucket ${bucket}`, () => {
    const out = prepare(bucket);
    const known = denoised(out, bucket);
    const same = (key: string, data: number[]) =>
      golden.check(key, { data, shape: golden.array(key).shape }, 0);
    same("pad_size", [GROUPS * USED]);
    same("map_known_indice", known.map(({ place }) => place));
    const each = known.length / GROUPS;
    same("known_indice", known.map((_, i) => i % each));
    same("batch_idx", known.slice(0, each).map(({ sample }) => sample));
    const at = known.map(({ row }) => row);
    assert.equal(out.count, at.length);
    same("known_labels", at.map((row) => out.labels[row]!));
    const { data, shape } = golden.array("known_bboxs");
    const boxes = Array.from(
      { length: shape[0]! },
      (_, i) => data.subarray(i * 9, i * 9 + 9),
    );
    const codes = at
      .flatMap((row) => [...out.boxes.subarray(row * 10, row * 10 + 10)]);
    assert.deepEqual(codes, [...encodeBoxes(boxes)]);
    golden.check("known_bboxs", { data: decoded(codes), shape }, 1e-5);
    assert.equal(out.weights.reduce((sum, weight) => sum + weight), at.length);
  });

  Deno.test(`the attention mask equals the reference's, bucket ${bucket}`, () => {
    const layout = {
      groups: GROUPS,
      bucket,
      queries: QUERIES,
      propagated: PROPAGATED,
      memory: MEMORY,
    };
    const padding = tf.tensor1d(prepare(bucket).padding);
    const mask = denoisingMask(layout, padding);
    const hidden = GROUPS * bucket;
    const kept = (rest: number) => [
      ...shared(bucket),
      ...Array.from({ length: rest }, (_, i) => hidden + i),
    ];
    const [rows, columns] = mask.shape;
    assert.deepEqual(
      [rows, columns],
      [hidden + QUERIES + PROPAGATED, hidden + QUERIES + MEMORY],
    );
    const values = mask.dataSync();
    const blocked = kept(QUERIES + PROPAGATED).flatMap((row) =>
      kept(QUERIES + MEMORY).map((column) =>
        values[row * columns + column]! === 0 ? 0 : 1
      )
    );
    const { shape } = golden.array("attn_mask");
    golden.check("attn_mask", { data: blocked, shape }, 0);
    // Padding rows: seen by none but themselves, and never blind.
    for (let column = 0; column < hidden; column++) {
      if (column % bucket < USED) continue;
      for (let row = 0; row < rows; row++) {
        assert.equal(values[row * columns + column] === 0, row === column);
      }
    }
  });
}

Deno.test("objects beyond the bucket get no denoising query", () => {
  const bucket = USED - 1;
  const config = { groups: 2, bucket, noiseScale: 1, split: 0.75 };
  const out = prepareDenoising(samples, config, RANGE, CLASSES, () => 0.5);
  const kept = samples.map(({ labels }) => Array.from(labels).slice(0, bucket));
  assert.equal(out.count, 2 * kept.flat().length);
  assert.deepEqual(new Set(out.padding), new Set([0]));
  const expected = kept.flatMap((labels) => {
    const group = Array.from({ length: bucket }, (_, i) => labels[i] ?? -1);
    return [...group, ...group];
  });
  assert.deepEqual([...out.labels], expected);
});

Deno.test("a batch without objects pads every row", () => {
  const empty = [{ boxes: [], labels: [] }, { boxes: [], labels: [] }];
  const config = { groups: 2, bucket: 3, noiseScale: 1, split: 0.75 };
  const out = prepareDenoising(empty, config, RANGE, CLASSES, () => 0.5);
  assert.equal(out.count, 0);
  assert.deepEqual([...out.padding], [1, 1, 1, 1, 1, 1]);
  assert.ok(out.labels.every((label) => label === -1));
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () =>
  golden.finish({ inputs: /^gt_(bboxes|labels)_\d$/ }));
