/**
 * Frames against StreamPETR's own loader: CustomNuScenesDataset, the filters
 * of mmdetection3d, ResizeCropFlipRotImage and GlobalRotScaleTransImage;
 * reference/make.py recorded them.
 */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { CAMERAS, type FrameInfo } from "../../nusc/mod.ts";
import {
  describeFrame,
  type Frame,
  type FrameConfig,
  imageFromCamera,
  IMAGENET_RGB,
  inverseAffine,
  sequenceGroups,
  trainView,
} from "../../nusc/loader/mod.ts";

interface Case {
  index: number;
  /** Resize, bottom, left, flip, image rotation, angle, scale, x, y, z. */
  draws: number[];
  prevExists: boolean;
  seconds: number;
  intrinsics: number[][][];
  lidar2img: number[][][];
  egoPose: number[][];
  egoPoseInv: number[][];
  centers: number[][];
  /** l, w, h, yaw, vx, vy */
  rest: number[][];
  labels: number[];
  boxes2d: number[][][];
  labels2d: number[][];
  centers2d: number[][][];
  depths: number[][];
}

interface Recording {
  frames: FrameInfo[];
  view: { height: number; width: number };
  range: number[];
  cases: Case[];
}

const path = new URL("./reference/loader.json.gz", import.meta.url);
const recording: Recording = JSON.parse(
  new TextDecoder().decode(gunzipSync(Deno.readFileSync(path))),
);

const config: FrameConfig = {
  view: {
    ...recording.view,
    resizeLim: [0.38, 0.55],
    bottomCrop: [0, 0.1],
    flip: 0.5,
  },
  normalization: IMAGENET_RGB,
  resample: "pillow",
  range: recording.range,
  rotation: 0.3925,
  scale: [0.95, 1.05],
  mirror: 0,
  photometric: 0,
};

/** A frame under the recorded draws. */
function frameOf({ index, draws }: Case): Frame {
  const info = recording.frames[index]!;
  const [resize, bottom, left, flip, , rotation, scale, ...translation] =
    draws as [
      ...[number, number, number, number, number, number, number],
      ...[number, number, number],
    ];
  const { width, height } = info.cams.CAM_FRONT;
  const slack = Math.max(Math.trunc(width * resize) - config.view.width, 0);
  const uniforms = [
    (resize - 0.38) / (0.55 - 0.38),
    bottom / 0.1,
    slack === 0 ? 0 : left / slack,
    flip === 1 ? 0 : 0.99,
  ];
  const view = trainView(config.view, width, height, () => uniforms.shift()!);
  const bev = { mirror: false, rotation, scale, translation };
  return describeFrame(info, config, { view, bev, color: null });
}

/** The reference computes in float32: bounds are relative to the largest. */
function near(
  found: readonly number[],
  wanted: readonly number[],
  bound: number,
  what: string,
): void {
  assert.equal(found.length, wanted.length, what);
  const size = Math.max(1, ...wanted.map(Math.abs));
  found.forEach((value, i) => {
    const error = Math.abs(value - wanted[i]!) / size;
    assert.ok(error < bound, `${what}[${i}]: ${value}, wanted ${wanted[i]}`);
  });
}

recording.cases.forEach((wanted, number) => {
  Deno.test(`frame ${number} has the reference's matrices and labels`, () => {
    const { info, geometry, augmentation, labels, labels2d } = frameOf(wanted);
    CAMERAS.forEach((name, i) => {
      const K = imageFromCamera(info.cams[name], augmentation.view);
      near([...K], wanted.intrinsics[i]!.flat(), 1e-6, `${name} intrinsics`);
      const matrix = inverseAffine(geometry.lidarFromImage[i]!);
      near([...matrix], wanted.lidar2img[i]!.flat(), 3e-6, `${name} lidar2img`);
      const { boxes, labels, centers, depths } = labels2d[i]!;
      assert.deepEqual(labels, wanted.labels2d[i], `${name} labels2d`);
      near(boxes.flat(), wanted.boxes2d[i]!.flat(), 1e-6, `${name} boxes2d`);
      near(
        centers.flat(),
        wanted.centers2d[i]!.flat(),
        1e-6,
        `${name} centers`,
      );
      near(depths, wanted.depths[i]!, 1e-6, `${name} depths`);
    });
    const { globalFromLidar, lidarFromGlobal } = geometry;
    near([...globalFromLidar], wanted.egoPose.flat(), 1e-6, "ego_pose");
    near([...lidarFromGlobal], wanted.egoPoseInv.flat(), 1e-6, "ego_pose_inv");
    assert.equal(info.timestamp / 1e6, wanted.seconds);
    assert.deepEqual(labels.labels, wanted.labels);
    labels.boxes.forEach((box, i) => {
      const [l, w, h, yaw, vx, vy] = wanted.rest[i]!;
      near(box.slice(0, 3), wanted.centers[i]!, 1e-6, `box ${i} centre`);
      near(box.slice(3, 6), [l!, w!, h!], 1e-6, `box ${i} size`);
      near(box.slice(7), [vx!, vy!], 1e-6, `box ${i} velocity`);
      near(
        [Math.cos(box[6]!), Math.sin(box[6]!)],
        [Math.cos(yaw!), Math.sin(yaw!)],
        1e-6,
        `box ${i} yaw`,
      );
    });
  });
});

Deno.test("the recording holds what it is to prove", () => {
  const { cases } = recording;
  assert.deepEqual(
    new Set(cases.map(({ draws }) => draws[3])),
    new Set([0, 1]),
  );
  assert.ok(cases.some(({ draws }) => draws[7] === 0));
  assert.ok(cases.some(({ draws }) => draws[7] !== 0));
  assert.ok(cases.some(({ labels }) => labels.length > 3));
  assert.ok(cases.some(({ labels2d }) => labels2d.flat().length > 8));
});

Deno.test("a frame has a previous one where the reference says so", () => {
  const groups = sequenceGroups(recording.frames, 1);
  for (const { index, prevExists } of recording.cases) {
    const first = groups.some((group) => group[0] === index);
    assert.equal(!first, prevExists);
  }
});
