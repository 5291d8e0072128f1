import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { gradients } from "../../engine/tensorflow/mod.ts";
import { initialize } from "../../models/init.ts";
import type { Tensors } from "../../models/module.ts";
import { adamw, zeroMoments } from "../../models/optim/adamw.ts";
import { random } from "../../models/random.ts";
import { type HeadConfig, R50_704 } from "../../models/streampetr/config.ts";
import { buildHead } from "../../models/streampetr/head.ts";
import { frustum } from "../../models/streampetr/position.ts";
import type { FrameInputs } from "../../models/streampetr/types.ts";
import {
  drawPoints,
  frozenRows,
  type WarmStartInputs,
  warmStartLoss,
  warmStartNames,
} from "../../models/streampetr/warmstart.ts";
import { inverseAffine, type Matrix4 } from "../../nusc/loader/mod.ts";
import { useTensorFlow } from "../support/backend.ts";

await useTensorFlow();

const CONFIG: HeadConfig = {
  ...R50_704,
  embedDims: 64,
  layers: 2,
  feedforward: 64,
  queries: 8,
  propagated: 4,
  memory: 8,
  topk: 4,
  imageHeight: 64,
  imageWidth: 128,
};
const [N, h, w] = [6, 4, 8] as const;
const T = N * h * w;
const POINTS = 96;

/** A ring of cameras with random focal lengths, heights and tilts. */
function calibration(seed: string) {
  const { uniform } = random(seed);
  const within = (low: number, high: number) => low + (high - low) * uniform();
  const focal: [number, number][] = [];
  const imageFromLidar = Array.from({ length: N }, (_, n): Matrix4 => {
    const yaw = 2 * Math.PI * n / N + within(-0.1, 0.1);
    const [sin, cos] = [Math.sin(yaw), Math.cos(yaw)];
    const tilt = within(-0.05, 0.05);
    const [fx, fy] = [within(80, 110), within(80, 110)];
    const [cx, cy] = [within(60, 68), within(24, 32)];
    focal.push([fx, fy]);
    // Axes of the camera (right, down, ahead) in LiDAR coordinates.
    const right = [sin, -cos, 0];
    const ahead = [cos, sin, tilt];
    const down = [tilt * cos, tilt * sin, -1];
    const at = [cos * within(0.5, 1), sin * within(0.5, 1), within(-0.5, 0)];
    const row = (axis: number[]) => [
      ...axis,
      -axis.reduce((sum, value, i) => sum + value * at[i]!, 0),
    ];
    const mix = (a: number, x: number[], b: number, y: number[]) =>
      row(x).map((value, i) => a * value + b * row(y)[i]!);
    return Float64Array.from([
      ...mix(fx, right, cx, ahead),
      ...mix(fy, down, cy, ahead),
      ...row(ahead),
      ...[0, 0, 0, 1],
    ]);
  });
  return { imageFromLidar, focal };
}

type Calibration = ReturnType<typeof calibration>;

function frameOf({ imageFromLidar, focal }: Calibration): FrameInputs {
  const inverses = imageFromLidar.flatMap((m) => [...inverseAffine(m)]);
  return {
    lidarFromImage: tf.tensor(inverses, [1, N, 4, 4]),
    focal: tf.tensor(focal.flat(), [1, N, 2]),
  } as FrameInputs;
}

/** Inputs of one step. */
function inputsOf(rig: Calibration, seed: string): WarmStartInputs {
  const { uniform, normal } = random(seed);
  const drawn = drawPoints(CONFIG, rig.imageFromLidar, POINTS, uniform);
  const noise = (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(Float32Array.from({ length: size }, normal), shape);
  };
  return {
    frame: frameOf(rig),
    points: tf.tensor(drawn.points, [POINTS, 3]),
    distances: tf.tensor(drawn.distances, [POINTS, T]),
    visible: tf.tensor(drawn.visible, [POINTS]),
    features: noise([1, N, h, w, CONFIG.embedDims]),
    content: noise([1, POINTS, CONFIG.embedDims]),
  };
}

const specs = buildHead(CONFIG).params;

function firstParams(): Tensors {
  return Object.fromEntries(
    Object.entries(initialize(specs, 3)).map((
      [name, { data, shape }],
    ) => [name, tf.tensor(data, shape)]),
  );
}

/** Draws that make a point of given shares of pcRange and given height. */
function drawsFor(x: number, y: number, z: number): number[] {
  return [0.9, x, y, 0.9, (z + 4) / 6];
}

Deno.test("a point on a token's ray projects onto that token's centre", () => {
  const rig = calibration("rays");
  const [minimum, extent] = [-61.2, 122.4];
  const rays = frustum(CONFIG, frameOf(rig).lidarFromImage, h, w).dataSync();
  let compared = 0;
  for (let token = 0; token < T; token++) {
    for (const bin of [12, 25, 40]) {
      const at = (token * CONFIG.depthBins + bin) * 3;
      const x = rays[at]! * extent + minimum;
      const y = rays[at + 1]! * extent + minimum;
      const z = rays[at + 2]! * 20 - 10;
      const share = [x, y].map((value) => (value + 51.2) / 102.4);
      if (z < -4 || z > 2 || share.some((s) => s < 0 || s > 1)) continue;
      const draws = drawsFor(share[0]!, share[1]!, z);
      const drawn = drawPoints(
        CONFIG,
        rig.imageFromLidar,
        1,
        () => draws.shift()!,
      );
      assert.ok(drawn.distances[token]! < 1e-6, `token ${token}, bin ${bin}`);
      assert.equal(drawn.visible[0], 1);
      const back = [...drawn.points].map((value, i) =>
        value * [102.4, 102.4, 8][i]! + [-51.2, -51.2, -5][i]!
      );
      [x, y, z].forEach((value, i) =>
        assert.ok(Math.abs(back[i]! - value) < 1e-4)
      );
      compared++;
    }
  }
  assert.ok(compared > 200, `only ${compared} points`);
});

Deno.test("neighbouring tokens are one apart", () => {
  const rig = calibration("rays");
  // Straight ahead of camera 0.
  const draws = drawsFor(0.7, 0.5, -0.5);
  const { distances } = drawPoints(
    CONFIG,
    rig.imageFromLidar,
    1,
    () => draws.shift()!,
  );
  const at = (r: number, c: number) => distances[r * w + c]!;
  // (u − c)² − (u − c − 1)² falls by 2 from one token to the next.
  for (let r = 0; r + 2 < h; r++) {
    for (let c = 0; c + 2 < w; c++) {
      const across = at(r, c) - 2 * at(r, c + 1) + at(r, c + 2);
      const down = at(r, c) - 2 * at(r + 1, c) + at(r + 2, c);
      assert.ok(Math.abs(across - 2) < 1e-4 && Math.abs(down - 2) < 1e-4);
    }
  }
});

Deno.test("points lie in the range; what no camera sees is marked", () => {
  const rig = calibration("two cameras");
  const cameras = rig.imageFromLidar.slice(0, 2);
  const { uniform } = random("points");
  const count = 400;
  const drawn = drawPoints(CONFIG, cameras, count, uniform);
  const tokens = 2 * h * w;
  let near = 0, seen = 0;
  for (let i = 0; i < count; i++) {
    const [x, y, z] = drawn.points.subarray(3 * i, 3 * i + 3);
    for (const value of [x!, y!, z!]) assert.ok(value >= 0 && value <= 1);
    if (Math.max(Math.abs(x! - 0.5), Math.abs(y! - 0.5)) < 0.25) near++;
    const row = drawn.distances.subarray(i * tokens, (i + 1) * tokens);
    assert.equal(drawn.visible[i], Math.min(...row) < 1 ? 1 : 0);
    assert.ok(row.every((value) => value >= 0 && value <= 1e4));
    seen += drawn.visible[i]!;
  }
  // Uniform points would be this near in a quarter of all cases.
  assert.ok(near > 0.35 * count, `${near} of ${count} points are near`);
  assert.ok(seen > 0.1 * count && seen < 0.6 * count, `${seen} are seen`);
});

Deno.test("attention that looks nowhere costs the logarithm of the tokens", () => {
  const params = firstParams();
  for (const name of Object.keys(params)) {
    if (/attentions\.1\.attn\.in_proj/.test(name)) {
      params[name] = tf.zerosLike(params[name]!);
    }
  }
  const inputs = inputsOf(calibration("uniform"), "uniform");
  const loss = warmStartLoss(CONFIG, params, inputs).dataSync()[0]!;
  assert.ok(Math.abs(loss - Math.log(T)) < 1e-4, `${loss}, ${Math.log(T)}`);
});

Deno.test("noise reaches attention as it is, not embedded like features", () => {
  const inputs = inputsOf(calibration("noise"), "noise");
  const params = firstParams();
  const others = Object.fromEntries(
    Object.entries(params).filter(([name]) => !name.includes("memory_embed")),
  );
  assert.ok(Object.keys(others).length < Object.keys(params).length);
  const loss = (params: Tensors, features = inputs.features) =>
    warmStartLoss(CONFIG, params, { ...inputs, features }).dataSync()[0]!;
  assert.equal(loss(others), loss(params));
  // Tokens are normalised: only their direction counts.
  const louder = loss(params, tf.mul(inputs.features, 3));
  assert.ok(Math.abs(louder - loss(params)) < 1e-4);
  assert.notEqual(loss(params, tf.neg(inputs.features)), loss(params));
});

Deno.test("points that no camera sees cost nothing", () => {
  const inputs = inputsOf(calibration("unseen"), "unseen");
  const params = firstParams();
  const loss = (distances: tf.Tensor) =>
    warmStartLoss(CONFIG, params, { ...inputs, distances }).dataSync()[0]!;
  const seen = tf.reshape(inputs.visible, [POINTS, 1]);
  const elsewhere = tf.reverse(inputs.distances, 1);
  const hidden = tf.where(tf.greater(seen, 0), inputs.distances, elsewhere);
  const shown = tf.where(tf.greater(seen, 0), elsewhere, inputs.distances);
  const first = loss(inputs.distances);
  assert.equal(loss(hidden), first);
  assert.notEqual(loss(shown), first);
});

/** Parameters after some steps of the warm start, each on new points. */
function learn(rig: Calibration, first: Tensors, steps: number): Tensors {
  let trained: Tensors = Object.fromEntries(
    warmStartNames(CONFIG, specs).map((name) => [name, first[name]!]),
  );
  let moments = zeroMoments(trained);
  for (let k = 1; k <= steps; k++) {
    const inputs = inputsOf(rig, `step ${k}`);
    const next = tf.tidy(() => {
      const { grads } = gradients(
        (params) => warmStartLoss(CONFIG, { ...first, ...params }, inputs),
        trained,
      );
      const [lr, step] = [tf.scalar(2e-3), tf.scalar(k)];
      const options = { weightDecay: 0 };
      return adamw(trained, grads, moments, lr, step, options) as never;
    }) as ReturnType<typeof adamw>;
    ({ params: trained, moments } = next);
  }
  return { ...first, ...trained };
}

Deno.test("thirty steps on a random calibration teach where new points are", () => {
  const rig = calibration("learn");
  const first = firstParams();
  const unseen = inputsOf(rig, "held out");
  const cost = (params: Tensors) =>
    warmStartLoss(CONFIG, params, unseen).dataSync()[0]!;
  const before = cost(first);
  const after = cost(learn(rig, first, 30));
  assert.ok(after < before - 0.3, `${before} before, ${after} after`);
  assert.ok(after < Math.log(T), `${after} is no better than looking nowhere`);
});

Deno.test("the geometry of attention trains first and is frozen then", () => {
  const C = CONFIG.embedDims;
  const names = warmStartNames(CONFIG, specs);
  assert.equal(names.length, 3 * 4 + 2 * CONFIG.layers);
  for (const name of names) {
    const rows = specs[name]!.shape[0]!;
    const factors = frozenRows(CONFIG, name, rows);
    const projection = name.includes("in_proj");
    const expected = projection
      ? [...Array(2 * C).fill(0), ...Array(C).fill(1)]
      : Array(rows).fill(0);
    assert.deepEqual(factors, expected, name);
  }
  for (const [name, { shape }] of Object.entries(specs)) {
    if (names.includes(name)) continue;
    assert.equal(frozenRows(CONFIG, name, shape[0]!), null, name);
  }
});
