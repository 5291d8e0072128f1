import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../../models/module.ts";
import { inverseSigmoid } from "../../models/nn/mod.ts";
import { decodeCode } from "../../models/streampetr/decode.ts";
import {
  nerfCode,
  pos2posemb1d,
  pos2posemb3d,
} from "../../models/streampetr/encoding.ts";
import {
  buildFocalHead,
  locations,
} from "../../models/streampetr/focal/head.ts";
import { drawHeatmap } from "../../models/streampetr/focal/heatmap.ts";
import { gatherTokens } from "../../models/streampetr/focal/tokens.ts";
import { keepKnown, movePoints } from "../../models/streampetr/memory.ts";
import { gate, motionNorm } from "../../models/streampetr/modulation.ts";
import { encodeBoxes } from "../../models/streampetr/training/codes.ts";
import { inverseAffine } from "../../nusc/loader/mod.ts";
import { useTensorFlow } from "../support/backend.ts";
import { goldenParams } from "../support/golden.ts";
import { rowsOf } from "./support.ts";
import { openTracked } from "./tracked.ts";

await useTensorFlow();
const golden = await openTracked("unit_pe");
const BOUND = 1e-5;

function tensor(key: string): tf.Tensor {
  const { data, shape } = golden.array(key);
  return tf.tensor(data as Float32Array, shape);
}

Deno.test("sine codes of points and times equal the reference's", () => {
  golden.check("pos2posemb3d", pos2posemb3d(tensor("pos")), BOUND);
  golden.check("pos2posemb3d_nf64", pos2posemb3d(tensor("pos"), 64), BOUND);
  golden.check("pos2posemb1d", pos2posemb1d(tensor("t")), BOUND);
});

Deno.test("the code of motions equals the reference's", () => {
  const x = tensor("nerf_in");
  golden.check("nerf", nerfCode(x), BOUND);
  const linear = nerfCode(x, [0, 1, 2, 3].map((i) => 1 + i * 7 / 3));
  golden.check("nerf_include_linear", tf.concat([x, linear], -1), BOUND);
});

Deno.test("codes have the values that the formulas give by hand", () => {
  const near = (x: tf.Tensor, from: number, expected: number[]) =>
    expected.forEach((value, i) => {
      const got = x.dataSync()[from + i]!;
      assert.ok(Math.abs(got - value) < 1e-5, `${from + i}: ${got}, ${value}`);
    });
  const point = pos2posemb3d(tf.tensor([[0.25, 0.5, 0.8]]));
  near(point, 0, [0, -1, 0.408751, -0.912646]);
  near(point, 126, [0.000363, 1]);
  near(point, 128, [1, 0, 0.977918, 0.208991]);
  near(point, 256, [-0.951057, 0.309017, -0.936046, -0.351879]);
  const time = pos2posemb1d(tf.tensor([[-0.5]]));
  near(time, 0, [0, -1, -0.216389, -0.976307]);
  near(time, 254, [-0.000338, 1]);
  const motion = nerfCode(tf.tensor([[0.3, -1.2]]));
  near(motion, 0, [0.29552, -0.932039, 0.955336, 0.362358]);
  near(motion, 20, [-0.174327, -0.644897, -0.984688, 0.76427]);
});

Deno.test("inverseSigmoid() equals the reference's, also at its edges", () => {
  golden.check("inverse_sigmoid", inverseSigmoid(tensor("isig_in")), 1e-3);
});

Deno.test("modulating modules equal the reference's", () => {
  const run = (
    module: Module<[tf.Tensor, tf.Tensor], tf.Tensor>,
    x: string,
    y: string,
  ) => module.forward(goldenParams(module.params), tensor(x), tensor(y));
  const norm = motionNorm("unit/mln", 180, 256);
  golden.check("mln_out", run(norm, "mln_x", "mln_c"), BOUND);
  const squeeze = gate("unit/se", 256);
  golden.check("se_out", run(squeeze, "mln_x", "se_xse"), BOUND);
});

Deno.test("boxes and codes turn into each other as in the reference", () => {
  const codes = encodeBoxes(rowsOf(golden.array("box9")));
  golden.check("normalize_bbox", { data: codes, shape: [8, 10] }, BOUND);
  const short = tf.slice(tf.tensor(codes, [8, 10]), [0, 0], [8, 8]);
  golden.check("normalize_bbox_7", short, BOUND);
  const decode = (key: string) => {
    const { data } = golden.array(key);
    return tf.tensor2d(
      Array.from({ length: 8 }, (_, i) => decodeCode(data, 10 * i)),
    );
  };
  golden.check("denormalize_code10", decode("code10"), BOUND);
  const boxes = decode("normalize_bbox");
  golden.check("denormalize_bbox", boxes, BOUND);
  golden.check("denormalize_bbox_8", tf.slice(boxes, [0, 0], [8, 7]), BOUND);
});

Deno.test("tokens are gathered as in the reference", () => {
  const { data } = golden.array("tg_idx");
  const indices = tf.tensor2d(data as Int32Array, [2, 4], "int32");
  const rows = tensor("tg_feat") as tf.Tensor3D;
  golden.check("topk_gather", gatherTokens(rows, indices), 0);
  const pairs = tf.reshape(tensor("tg_feat4"), [2, 10, 6]) as tf.Tensor3D;
  const picked = tf.reshape(gatherTokens(pairs, indices), [2, 4, 3, 2]);
  golden.check("topk_gather4", picked, 0);
});

Deno.test("a new scene erases a sample, be it NaN", () => {
  const memory = tensor("mr_in");
  const known = tf.tensor1d([1, 0]);
  const zero = tf.scalar(0);
  golden.check("memory_refresh", keepKnown(known, memory, zero), 0);
  const spoilt = tf.concat([
    tf.slice(memory, 0, 1),
    tf.fill([1, 3, 4, 4], NaN),
  ]);
  golden.check("memory_refresh", keepKnown(known, spoilt, zero), 0);
});

Deno.test("points move as in the reference", () => {
  const points = tensor("tr_pts");
  const poses = tensor("tr_pose");
  golden.check("transform_reference_points", movePoints(poses, points), BOUND);
  const inverse = rowsOf({ ...golden.array("tr_pose"), shape: [2, 16] })
    .map((pose) => [...inverseAffine(Float64Array.from(pose))]);
  const back = movePoints(tf.tensor(inverse.flat(), [2, 4, 4]), points);
  golden.check("transform_reverse", back, BOUND);
  const turned = movePoints(tf.mul(poses, [1, 1, 1, 0]), points);
  golden.check("transform_notrans", turned, BOUND);
});

Deno.test("token centres and heat maps equal the reference's", () => {
  const config = { imageHeight: 128, imageWidth: 352, stride: 16 };
  const places = locations(config as never, 8, 22);
  golden.check("locations", tf.reshape(places, [8, 22, 2]), BOUND);
  const map = new Float32Array(8 * 22);
  const size = { height: 8, width: 22, stride: 1 };
  const draws: [number, number, number][] = [
    [3.7, 2.2, 2],
    [20.9, 7.9, 3],
    [0.2, 0.1, 1],
    [4.2, 2.9, 1],
    [30, 4, 2],
  ];
  const boxes = draws.map(([x, y, r]) => {
    const reach = r - 0.5;
    return [x - reach, y - reach, x + reach, y + reach];
  });
  const centers = draws.map(([x, y]) => [x, y]);
  drawHeatmap(map, { boxes, centers, labels: [0, 0, 0, 0, 0] }, size);
  golden.check("draw_heatmap_gaussian", { data: map, shape: [8, 22] }, BOUND);
});

/**
 * What the 2D head makes of edges and offsets [8, 22, 6] of one image: its
 * weights are such that these arrive where the head has predicted them.
 */
function focalBoxes(wanted: tf.Tensor3D) {
  const [h, w, C] = [8, 22, 32];
  const head = buildFocalHead({
    ...{ name: "f", channels: C, classes: 1, stride: 16 },
    ...{ imageHeight: 128, imageWidth: 352 },
  });
  const features = tf.pad(wanted, [[0, 0], [0, 0], [0, C - 6]]);
  // 32 groups of one channel each: the norm's own affine undoes it, and a
  // lift brings all above the ReLU.
  const { mean, variance } = tf.moments(features, [0, 1]);
  const lift = tf.sub(1, tf.min(features));
  const keep = tf.pad(tf.reshape(tf.eye(C), [1, 1, C, C]), [
    ...[[1, 1], [1, 1], [0, 0], [0, 0]] as [number, number][],
  ]);
  const pick = (from: number, count: number) => ({
    weight: tf.reshape(tf.slice(tf.eye(C), [0, from], [C, count]), [
      ...[1, 1, C, count],
    ]),
    bias: tf.mul(tf.ones([count]), tf.neg(lift)),
  });
  const [edges, offset] = [pick(0, 4), pick(4, 2)];
  const params = {
    ...goldenParams(head.params),
    "f.shared_reg.0.weight": keep,
    "f.shared_reg.0.bias": tf.zeros([C]),
    "f.shared_reg.1.weight": tf.sqrt(tf.add(variance, 1e-5)),
    "f.shared_reg.1.bias": tf.add(mean, lift),
    "f.ltrb.weight": edges.weight,
    "f.ltrb.bias": edges.bias,
    "f.center2d.weight": offset.weight,
    "f.center2d.bias": offset.bias,
  };
  return head.forward(params, tf.reshape(features, [1, h, w, C]));
}

Deno.test("edges and offsets become 2D boxes as in the reference", () => {
  const edges = tensor("ltrb");
  const logits = tf.log(tf.div(edges, tf.sub(1, edges)));
  const wanted = tf.concat([logits, tensor("center_offset")], -1);
  const made = tf.unstack(wanted)
    .map((image) => focalBoxes(image as tf.Tensor3D));
  const all = (parts: tf.Tensor[], width: number) =>
    tf.reshape(tf.concat(parts), [6, 8, 22, width]);
  golden.check("apply_ltrb", all(made.map((x) => x.boxes), 4), BOUND);
  const centers = all(made.map((x) => x.centers), 2);
  golden.check("apply_center_offset", centers, BOUND);
});

// Runs last: tests of a file run in their order.
Deno.test("no recorded array is left out", () =>
  golden.finish({
    inputs: new RegExp(
      "^(pos|t|nerf_in|isig_in|mln_[xc]|se_xse|box9|code10|tg_\\w+|mr_in|" +
        "tr_p\\w+|center_offset|ltrb)$",
    ),
  }));
