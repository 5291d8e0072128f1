import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { paintScene, viewOf } from "../../nusc/world/camera.ts";
import { createCanvas } from "../../nusc/world/canvas.ts";
import { resolveOptions } from "../../nusc/world/options.ts";
import { token } from "../../nusc/world/random.ts";
import { buildScene } from "../../nusc/world/scene.ts";
import { presentAt, secondsOf } from "../../nusc/world/shots.ts";
import {
  channelOf,
  type Dataset,
  into,
  outOf,
  type Row,
  TINY,
  withWorld,
} from "./support.ts";

function cornersOf(annotation: Row): number[][] {
  const [w, l, h] = annotation.size;
  const corners: number[][] = [];
  for (const x of [-l / 2, l / 2]) {
    for (const y of [-w / 2, w / 2]) {
      for (const z of [-h / 2, h / 2]) {
        corners.push(outOf(annotation, [x, y, z]));
      }
    }
  }
  return corners;
}

/** [left, top, right, bottom] in pixels, or null if partly behind. */
function project(dataset: Dataset, data: Row, annotation: Row) {
  const ego = dataset.get("ego_pose", data.ego_pose_token);
  const mount = dataset.get("calibrated_sensor", data.calibrated_sensor_token);
  const k = mount.camera_intrinsic;
  const points = cornersOf(annotation).map((p) => into(mount, into(ego, p)));
  if (points.some((p) => p[2]! < 0.2)) return null;
  const u = points.map((p) => k[0][0] * p[0]! / p[2]! + k[0][2]);
  const v = points.map((p) => k[1][1] * p[1]! / p[2]! + k[1][2]);
  return [
    Math.min(...u),
    Math.min(...v),
    Math.max(...u),
    Math.max(...v),
  ] as const;
}

Deno.test("boxes projected through the tables enclose the painted objects", async () => {
  const options = { ...TINY, width: 800, height: 450 };
  const world = resolveOptions(options);
  const canvas = createCanvas(world.width, world.height);
  let compared = 0;
  await withWorld(options, (dataset) => {
    for (const data of dataset.tables.sample_data!) {
      const channel = channelOf(dataset, data);
      if (channel === "LIDAR_TOP") continue;
      const sample = dataset.get("sample", data.sample_token);
      const name = dataset.get("scene", sample.scene_token).name;
      const scene = buildScene(world, name, 3);
      const sensor = scene.rig.find((s) => s.channel === channel)!;
      const time = secondsOf(scene, data.timestamp);
      const keyTime = secondsOf(scene, sample.timestamp);
      const present = presentAt(world, scene, keyTime);
      const view = viewOf(scene, sensor, time);
      const coverage = paintScene(canvas, view, scene, present, time);
      for (const [i, id] of present.entries()) {
        const { motion } = scene.bodies[id]!;
        if (motion.type !== "still" || coverage[i]!.visible === 0) continue;
        const instance = token(world.seed, name, "instance", id);
        const annotation = dataset.tables.sample_annotation!.find((row) =>
          row.instance_token === instance && row.sample_token === sample.token
        );
        const box = annotation && project(dataset, data, annotation);
        if (!box) continue;
        const seen = extentOf(canvas.ids, canvas.width, id);
        const label = `${channel} ${scene.bodies[id]!.kind}`;
        assert.ok(seen[0] >= box[0] - 1 && seen[1] >= box[1] - 1, label);
        assert.ok(seen[2] <= box[2] + 1 && seen[3] <= box[3] + 1, label);
        const inside = box[0] > 0 && box[1] > 0 &&
          box[2] < canvas.width && box[3] < canvas.height;
        if (!inside || coverage[i]!.visible < coverage[i]!.alone) continue;
        // Bodies fill the height of their boxes, seen from the side.
        const height = (seen[3] - seen[1]) / (box[3] - box[1]);
        assert.ok(height > 0.8, `${label} fills ${height} of its box`);
        compared++;
      }
    }
  });
  assert.ok(compared > 20, `${compared} objects compared`);
});

/** [left, top, right, bottom] of an object's pixels. */
function extentOf(ids: Int16Array, width: number, id: number) {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  ids.forEach((value, pixel) => {
    if (value !== id) return;
    const x = pixel % width, y = Math.floor(pixel / width);
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  });
  return [left, top, right, bottom] as const;
}

Deno.test("num_lidar_pts counts the written points inside each box", async () => {
  await withWorld(TINY, async (dataset) => {
    let hits = 0;
    for (const data of dataset.tables.sample_data!) {
      if (channelOf(dataset, data) !== "LIDAR_TOP") continue;
      const bytes = await readFile(`${dataset.root}/${data.filename}`);
      const values = new Float32Array(new Uint8Array(bytes).buffer);
      const ego = dataset.get("ego_pose", data.ego_pose_token);
      const mount = dataset.get(
        "calibrated_sensor",
        data.calibrated_sensor_token,
      );
      const points: number[][] = [];
      for (let i = 0; i < values.length; i += 5) {
        const local = [...values.subarray(i, i + 3)];
        assert.ok(Math.hypot(...local) < 25 && values[i + 4]! < 32);
        points.push(outOf(ego, outOf(mount, local)));
      }
      assert.ok(
        points.every((p) => p[2]! > -1e-3),
        "no point is under the ground",
      );
      for (const annotation of dataset.tables.sample_annotation!) {
        if (annotation.sample_token !== data.sample_token) continue;
        const [w, l, h] = annotation.size;
        const inside = (grow: number) =>
          points.map((p) => into(annotation, p)).filter(([x, y, z]) =>
            Math.abs(x!) <= l / 2 + grow && Math.abs(y!) <= w / 2 + grow &&
            Math.abs(z!) <= h / 2 + grow
          ).length;
        assert.equal(annotation.num_lidar_pts, inside(0));
        assert.equal(inside(-1e-3), inside(1e-3), "no point lies on a face");
        hits += annotation.num_lidar_pts;
      }
    }
    assert.ok(hits > 1000, `${hits} points on objects`);
  });
});
