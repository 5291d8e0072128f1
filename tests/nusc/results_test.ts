import assert from "node:assert/strict";
import {
  CLASS_RANGE,
  createFrames,
  defaultAttribute,
  evaluateDetection,
  frameDetections,
  openDataset,
  scenesOfSplit,
  Tracker,
  writeResults,
} from "../../nusc/mod.ts";
import { headingOf } from "../../nusc/geometry/mod.ts";
import { assign } from "../../nusc/eval/tracking/assign.ts";
import { ascendingOrder } from "../../nusc/eval/common/sort.ts";
import { tinyTables, withDataset } from "./tiny.ts";

const POSE = {
  token: "a",
  lidar2ego_translation: [1, 0, 2],
  lidar2ego_rotation: [1, 0, 0, 0],
  ego2global_translation: [1000, 2000, 0],
  // A quarter turn to the left.
  ego2global_rotation: [Math.SQRT1_2, 0, 0, Math.SQRT1_2],
};

Deno.test("LiDAR boxes become records in the global frame", () => {
  const [record, ...rest] = frameDetections(POSE, {
    boxes: [[10, 5, -1, 4, 2, 1.5, 0.25, 3, 0]],
    scores: [0.75],
    labels: [0],
  });
  assert.equal(rest.length, 0);
  const near = (actual: number[], expected: number[]) =>
    actual.forEach((value, i) =>
      assert(Math.abs(value - expected[i]!) < 1e-9, `${actual}`)
    );
  near(record!.translation, [995, 2011, 1]);
  assert.deepEqual(record!.size, [2, 4, 1.5]);
  near([headingOf(record!.rotation)], [0.25 + Math.PI / 2]);
  near(record!.velocity, [0, 3]);
  assert.equal(record!.detection_name, "car");
  assert.equal(record!.attribute_name, "vehicle.moving");
  assert.equal(record!.detection_score, 0.75);
});

Deno.test("boxes beyond their class's range from the ego are left out", () => {
  const at = (x: number) => [x, 0, 0, 1, 1, 1, 0, 0, 0];
  // The LiDAR sits one metre before the ego's origin.
  const labels = [0, 0, 5, 5, 8, 8];
  const boxes = [at(48.9), at(49.1), at(28.9), at(29.1), at(38.9), at(39.1)];
  const kept = frameDetections(POSE, {
    boxes,
    labels,
    scores: [1, 2, 3, 4, 5, 6],
  });
  assert.deepEqual(kept.map((record) => record.detection_score), [1, 3, 5]);
  assert.equal(CLASS_RANGE.car, 50);
});

Deno.test("attributes follow class and speed", () => {
  assert.equal(defaultAttribute("car", 0.2), "vehicle.parked");
  assert.equal(defaultAttribute("car", 0.21), "vehicle.moving");
  assert.equal(defaultAttribute("bus", 0), "vehicle.stopped");
  assert.equal(defaultAttribute("bicycle", 0), "cycle.without_rider");
  assert.equal(defaultAttribute("motorcycle", 1), "cycle.with_rider");
  assert.equal(defaultAttribute("pedestrian", 0), "pedestrian.standing");
  assert.equal(defaultAttribute("traffic_cone", 5), "");
  assert.equal(defaultAttribute("barrier", 0), "");
});

Deno.test("ground truth written as detections is found exactly", async () => {
  await withDataset(tinyTables(), async (root) => {
    const dataset = openDataset(root);
    const samples = [...dataset.samples.rows.keys()];
    const frames = createFrames(dataset, samples, { checkFiles: false });
    async function* boxes() {
      for await (const frame of frames) {
        yield {
          token: frame.token,
          boxes: frameDetections(frame, {
            boxes: frame.gt_boxes.map((box, i) => [
              ...box,
              ...frame.gt_velocity[i]!.map((v) => v ?? 0),
            ]),
            scores: frame.gt_boxes.map(() => 0.5),
            labels: frame.gt_names.map((name) => name === "car" ? 0 : 8),
          }),
        };
      }
    }
    const path = `${root}/results_nusc.json`;
    assert.equal(await writeResults(path, boxes()), 4);
    const { summary } = evaluateDetection(dataset, path, {
      split: "mini_val",
      absent: "skip",
    });
    assert(Math.abs(summary.nd_score - 1) < 1e-9);
    assert.equal((summary.meta as { use_camera: boolean }).use_camera, true);
  });
});

Deno.test("official splits have their sizes and no common scene", () => {
  const sizes = { train: 700, val: 150, test: 150, mini_train: 8, mini_val: 2 };
  for (const [split, size] of Object.entries(sizes)) {
    assert.equal(scenesOfSplit(split as keyof typeof sizes).length, size);
  }
  const all = ["train", "val", "test"] as const;
  assert.equal(new Set(all.flatMap(scenesOfSplit)).size, 1000);
  const halves = ["train_detect", "train_track"] as const;
  assert.deepEqual(
    halves.flatMap(scenesOfSplit).sort(),
    scenesOfSplit("train"),
  );
});

Deno.test("a track survives two misses, moving on, and no third", () => {
  const walker = (x: number) => ({ label: 5, x, y: 0, vx: 2, vy: 0 });
  const tracker = new Tracker();
  const other = { label: 0, x: 90, y: 90, vx: 0, vy: 0 };
  assert.deepEqual([...tracker.step([walker(0), other], 0).ids], [1, 2]);
  assert.deepEqual([...tracker.step([other, walker(1)], 0.5).ids], [2, 1]);
  tracker.step([other], 0.5);
  tracker.step([other], 0.5);
  assert.deepEqual([...tracker.step([other, walker(4)], 0.5).ids], [2, 1]);
  for (let i = 0; i < 3; i++) tracker.step([other], 0.5);
  assert.deepEqual([...tracker.step([other, walker(8)], 0.5).ids], [2, 3]);
  // Another class at the same place is another object.
  const car = { ...walker(9), label: 0 };
  const { ids, order } = tracker.step([car, walker(9)], 0.5);
  assert.deepEqual([...ids], [4, 3]);
  assert.deepEqual(order, [1, 0]);
  tracker.reset();
  assert.deepEqual([...tracker.step([other], 0).ids], [1]);
});

Deno.test("assignments pair as many as possible at the least cost", () => {
  let state = 7;
  const random = () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32;
  };
  /** Pairs and cost of the best of all assignments. */
  function best(costs: number[], rows: number, columns: number) {
    function from(row: number, used: number): [number, number] {
      if (row === rows) return [0, 0];
      let found = from(row + 1, used);
      for (let j = 0; j < columns; j++) {
        const cost = costs[row * columns + j]!;
        if (used >> j & 1 || Number.isNaN(cost)) continue;
        const [pairs, total] = from(row + 1, used | 1 << j);
        const better = pairs + 1 > found[0] ||
          (pairs + 1 === found[0] && total + cost < found[1]);
        if (better) found = [pairs + 1, total + cost];
      }
      return found;
    }
    return from(0, 0);
  }
  for (let trial = 0; trial < 300; trial++) {
    const rows = 1 + Math.floor(random() * 5);
    const columns = 1 + Math.floor(random() * 5);
    const costs = Array.from(
      { length: rows * columns },
      () => random() < 0.4 ? NaN : random() * 2,
    );
    const found = assign(costs, rows, columns);
    const pairs = [...found.entries()].filter(([, j]) => j >= 0);
    assert.equal(new Set(pairs.map(([, j]) => j)).size, pairs.length);
    const total = pairs.reduce(
      (sum, [i, j]) => sum + costs[i * columns + j]!,
      0,
    );
    const [count, least] = best(costs, rows, columns);
    assert.equal(pairs.length, count);
    assert(Math.abs(total - least) < 1e-9);
  }
});

Deno.test("equal keys keep their order, and all signs are sorted", () => {
  const keys = Float64Array.from([3, -1, 0, -0, 3, -1, 1e-300, -1e300, 2.5]);
  const expected = [...keys.keys()].sort((a, b) =>
    keys[a]! - keys[b]! || a - b
  );
  assert.deepEqual([...ascendingOrder(keys)], expected);
  assert.equal(ascendingOrder(new Float64Array()).length, 0);
});
