import assert from "node:assert/strict";
import { CAMERAS, type FrameInfo } from "../../nusc/infos/types.ts";
import {
  augmentedFromLidar,
  augmentLabels3d,
  type BevAugmentation,
  dropHidden,
  frameGeometry,
  inputFromSource,
  inverseAffine,
  labels3d,
  type Matrix4,
  multiply,
  NO_BEV,
  randomFor,
  testView,
  trainView,
  transformLabels2d,
  uniform,
  type View,
  type ViewConfig,
} from "../../nusc/loader/mod.ts";

const R50: ViewConfig = {
  height: 256,
  width: 704,
  resizeLim: [0.38, 0.55],
  bottomCrop: [0, 0],
  flip: 0.5,
};

/** A rig of six cameras that look along x', with one box. */
function frame(): FrameInfo {
  const camera = {
    sensor2lidar_rotation: [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    sensor2lidar_translation: [0.1, 0.5, -0.3],
    cam_intrinsic: [[1266, 0, 816], [0, 1266, 491], [0, 0, 1]],
    width: 1600,
    height: 900,
  };
  return {
    cams: Object.fromEntries(CAMERAS.map((name) => [name, camera])),
    lidar2ego_translation: [0.94, 0, 1.84],
    lidar2ego_rotation: [0.7071067811865476, 0, 0, -0.7071067811865476],
    ego2global_translation: [411.3, 1180.9, 0],
    ego2global_rotation: [0.5720320396729045, 0, 0, -0.8202280167870267],
    gt_boxes: [[2, 20, -1, 4, 2, 1.5, 0.3], [60, 0, 0, 1, 1, 1, 0]],
    gt_names: ["car", "car"],
    gt_velocity: [[1, 2], [null, null]],
    valid_flag: [true, true],
  } as unknown as FrameInfo;
}

function apply(m: Matrix4, p: number[]): number[] {
  return [0, 1, 2].map((i) =>
    m[4 * i]! * p[0]! + m[4 * i + 1]! * p[1]! + m[4 * i + 2]! * p[2]! +
    m[4 * i + 3]!
  );
}

const close = (actual: number[], wanted: number[], bound: number) =>
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - wanted[i]!) < bound,
      `${actual} differs from ${wanted}`,
    )
  );

/** Where a LiDAR point appears, input pixels. */
function project(lidarFromImage: Matrix4, point: number[]): number[] {
  const [x, y, d] = apply(inverseAffine(lidarFromImage), point);
  return [x! / d!, y! / d!];
}

Deno.test("the test view of published sizes crops as the reference's", () => {
  const view = testView(R50, 1600, 900);
  close([view.resize], [0.44], 1e-12);
  assert.deepEqual(
    [view.resizedWidth, view.resizedHeight, view.left, view.top],
    [704, 396, 0, 140],
  );
  const wide = testView({ ...R50, height: 320, width: 800 }, 1600, 900);
  assert.deepEqual([wide.resizedHeight, wide.top], [450, 130]);
});

Deno.test("a flipped view maps x to 724 − x/2 at r .5, left 20", () => {
  const view = {
    resize: 0.5,
    left: 20,
    top: 194,
    width: 704,
    height: 256,
    flip: true,
    rotate: 0,
  };
  const m = inputFromSource(view as View);
  assert.deepEqual([m[0], m[2], m[4], m[5]], [-0.5, 724, 0.5, -194]);
});

Deno.test("a training view stays within its limits", () => {
  const draws = [0.5, 0.9, 0.25, 0.4];
  const view = trainView(R50, 1600, 900, () => draws.shift()!);
  close([view.resize], [0.465], 1e-12);
  assert.deepEqual(
    [view.resizedWidth, view.resizedHeight, view.left, view.top, view.flip],
    [744, 418, 10, 162, true],
  );
});

for (
  const bev of [
    NO_BEV,
    { mirror: false, rotation: 0.3, scale: 1.04 },
    { mirror: true, rotation: -0.2, scale: 0.97 },
  ] satisfies BevAugmentation[]
) {
  Deno.test(`ground truth projects to moved pixels: ${JSON.stringify(bev)}`, () => {
    const info = frame();
    const before = testView(R50, 1600, 900);
    const after = { ...before, resize: 0.5, left: 33, top: 150, flip: true };
    const plain = frameGeometry(info, before, augmentedFromLidar(NO_BEV));
    const moved = frameGeometry(info, after, augmentedFromLidar(bev));
    const [box] = labels3d(info, [-50, -50, -5, 50, 50, 3]).boxes;
    const [movedBox] =
      augmentLabels3d({ boxes: [box!], labels: [0] }, bev).boxes;
    const [u, v] = project(plain.lidarFromImage[0]!, box!);
    const source = [(u! + before.left) / 0.44, (v! + before.top) / 0.44];
    const m = inputFromSource(after);
    close(project(moved.lidarFromImage[0]!, movedBox!), [
      m[0]! * source[0]! + m[2]!,
      m[4]! * source[1]! + m[5]!,
    ], 1e-6);
  });

  Deno.test(`boxes keep their global place and heading: ${JSON.stringify(bev)}`, () => {
    const info = frame();
    const view = testView(R50, 1600, 900);
    const plain = frameGeometry(info, view, augmentedFromLidar(NO_BEV));
    const moved = frameGeometry(info, view, augmentedFromLidar(bev));
    const labels = labels3d(info, [-50, -50, -5, 50, 50, 3]);
    const box = labels.boxes[0]!;
    const turned = augmentLabels3d(labels, bev).boxes[0]!;
    const ahead = (b: number[], step: number) => [
      b[0]! + step * Math.cos(b[6]!),
      b[1]! + step * Math.sin(b[6]!),
      b[2]!,
    ];
    const head = apply(plain.globalFromLidar, ahead(box, 1));
    close(apply(moved.globalFromLidar, ahead(turned, bev.scale)), head, 1e-6);
    const identity = multiply(moved.globalFromLidar, moved.lidarFromGlobal);
    close(
      [...identity],
      [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      1e-9,
    );
  });
}

Deno.test("boxes out of range or without points are no ground truth", () => {
  const info = frame();
  assert.equal(labels3d(info, [-50, -50, -5, 50, 50, 3]).boxes.length, 1);
  const none = { ...info, valid_flag: [false, true] };
  assert.equal(labels3d(none, [-50, -50, -5, 50, 50, 3]).boxes.length, 0);
});

Deno.test("2D boxes clip, vanish under 2 px and under nearer boxes", () => {
  const view = {
    resize: 1,
    left: 10,
    top: 0,
    width: 40,
    height: 20,
    flip: false,
    rotate: 0,
  };
  const labels = transformLabels2d({
    boxes: [[12, 2, 20, 10], [5, 2, 11, 10], [11, 1, 30, 12], [40, 1, 60, 9]],
    labels: [0, 1, 2, 3],
    centers: [[16, 6], [8, 6], [20, 6], [80, 5]],
    depths: [30, 20, 10, 40],
  }, view as View);
  assert.deepEqual(labels.labels, [0, 2, 3]);
  assert.deepEqual(labels.centers[2], [40, 5]);
  const seen = dropHidden(labels, view as View);
  assert.deepEqual(seen.labels, [3, 2], "far to near, the covered one gone");
});

Deno.test("what is hidden is as by painting indices from far to near", () => {
  const view = { width: 24, height: 16 } as View;
  const random = randomFor(3);
  for (let round = 0; round < 200; round++) {
    const count = Math.floor(uniform(random, 1, 7));
    const boxes = Array.from({ length: count }, () => {
      const [x, y] = [uniform(random, 0, 20), uniform(random, 0, 12)];
      const reach = round % 4 === 0 ? 30 : 12;
      return [
        ...[round % 4 === 0 ? 0 : x, round % 4 === 0 ? 0 : y],
        Math.min(x + uniform(random, 2, reach), 24),
        Math.min(y + uniform(random, 2, reach), 16),
      ];
    });
    const labels = {
      boxes,
      labels: boxes.map((_, i) => i),
      centers: boxes.map(() => [0, 0]),
      depths: boxes.map(() => Math.floor(uniform(random, 1, 5))),
    };
    assert.deepEqual(
      dropHidden(labels, view).labels,
      painted(boxes, labels.depths),
    );
  }
});

/** The reference's way: a stable sort, a canvas of zeros, what it shows. */
function painted(boxes: number[][], depths: number[]): number[] {
  const order = depths.map((_, i) => i)
    .sort((a, b) => depths[b]! - depths[a]!);
  const canvas = new Array(24 * 16).fill(0);
  order.forEach((i, rank) => {
    const [x1, y1, x2, y2] = boxes[i]!;
    for (let y = Math.ceil(y1!); y < Math.floor(y2!); y++) {
      for (let x = Math.ceil(x1!); x < Math.floor(x2!); x++) {
        canvas[y * 24 + x] = rank;
      }
    }
  });
  return order.filter((_, rank) => canvas.includes(rank));
}

Deno.test("projections undo rays; poses know nothing of the bird's-eye view", () => {
  const view = testView(R50, 1600, 900);
  const bev = { mirror: false, rotation: 0.3, scale: 1.04 };
  const plain = frameGeometry(frame(), view, augmentedFromLidar(NO_BEV));
  const moved = frameGeometry(frame(), view, augmentedFromLidar(bev));
  moved.imageFromLidar.forEach((matrix, n) => {
    const both = multiply(matrix, moved.lidarFromImage[n]!);
    const identity = Array.from({ length: 16 }, (_, i) => i % 5 ? 0 : 1);
    close([...both], identity, 1e-9);
  });
  assert.deepEqual(moved.cameraFromLidar, plain.cameraFromLidar);
  // The camera itself is at its pose's origin.
  const { sensor2lidar_translation: place } = frame().cams.CAM_FRONT;
  close(apply(plain.cameraFromLidar[0]!, [...place]), [0, 0, 0], 1e-9);
});
