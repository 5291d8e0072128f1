import assert from "node:assert/strict";
import sharp from "sharp";
import { cornersOf, wireFrame } from "../../nusc/render/box.ts";
import {
  type CameraView,
  CLASS_COLOURS,
  renderBev,
  renderCameras,
  renderSample,
  toDrawn,
  TRUTH,
  truthOf,
  viewsOf,
  writePicture,
} from "../../nusc/render/mod.ts";
import { TINY, withWorld } from "../world/support.ts";
import { infoOf, perfectResults } from "./support.ts";

/** Looks along the LiDAR's y axis from its origin, 90 degrees wide. */
const AHEAD: CameraView = {
  channel: "CAM_FRONT",
  image: "",
  width: 200,
  height: 100,
  intrinsic: [[100, 0, 100], [0, 100, 50], [0, 0, 1]],
  lidarFromCamera: {
    rotation: [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    translation: [0, 0, 0],
  },
};

function rgbOf(colour: string): number[] {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

interface Pixels {
  width: number;
  height: number;
  /** Pixels within a distance of a colour, in a rectangle. */
  count(colour: string, box?: number[]): number;
}

async function pixelsOf(source: string | Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(source).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return {
    width,
    height,
    count(colour, [left, top, right, bottom] = [0, 0, width, height]) {
      const wanted = rgbOf(colour);
      let count = 0;
      for (let y = Math.max(0, top!); y < Math.min(height, bottom!); y++) {
        for (let x = Math.max(0, left!); x < Math.min(width, right!); x++) {
          const at = 3 * (y * width + x);
          const off = wanted.map((value, c) => Math.abs(value - data[at + c]!));
          if (Math.max(...off) < 30) count++;
        }
      }
      return count;
    },
  };
}

Deno.test("corners turn counter-clockwise with yaw, bit 0 is the front", () => {
  const corners = cornersOf([10, 20, 1, 4, 2, 1.5, Math.PI / 2]);
  const expected = [11, 22, 0.25];
  corners[1]!.forEach((value, axis) =>
    assert.ok(Math.abs(value - expected[axis]!) < 1e-12)
  );
});

Deno.test("a box straight ahead projects where the pinhole says", () => {
  const frame = wireFrame(AHEAD, [0, 10, 0, 2, 4, 2, -Math.PI / 2])!;
  const ends = frame.front.flat();
  // The front face looks at the camera from 9 m: 4 m wide, 2 m high.
  const xs = ends.map(([x]) => x), ys = ends.map(([, y]) => y);
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9);
  near(Math.min(...xs), 100 - 200 / 9);
  near(Math.max(...xs), 100 + 200 / 9);
  near(Math.min(...ys), 50 - 100 / 9);
  near(frame.depth, 10);
  assert.equal(frame.front.length, 4);
  assert.equal(frame.rest.length, 9);
});

Deno.test("boxes behind are left out, boxes beside are cut at the image", () => {
  assert.equal(wireFrame(AHEAD, [0, -10, 0, 2, 2, 2, 0]), null);
  assert.equal(wireFrame(AHEAD, [60, 10, 0, 2, 2, 2, 0]), null);
  const beside = wireFrame(AHEAD, [2.5, 0, 0, 12, 2, 2, Math.PI / 2])!;
  const lines = [...beside.front, ...beside.rest];
  assert.ok(lines.length >= 6);
  for (const [x, y] of lines.flat()) {
    assert.ok(x >= -1e-6 && x <= 200 + 1e-6 && y >= -1e-6 && y <= 100 + 1e-6);
  }
  // The rear half lies behind the camera; what is left stays at the right.
  assert.ok(lines.flat().every(([x]) => x > 100));
  // The front face is ahead: 1.5 m to 3.5 m to the right at 6 m.
  const xs = beside.front.flat().map(([x]) => x);
  assert.ok(Math.abs(Math.min(...xs) - (100 + 100 * 1.5 / 6)) < 1e-9);
});

Deno.test("the bird's-eye view puts x to the right and y up", async () => {
  const boxes = [{ box: [10, 15, 0, 4, 2, 1.5, 0], label: "car" }];
  const points = Float32Array.from([-20.05, -20.05, 1, 0, 0]);
  const svg = renderBev({ boxes, points, range: 25, size: 500 });
  const pixels = await pixelsOf(new TextEncoder().encode(svg));
  assert.deepEqual([pixels.width, pixels.height], [500, 500]);
  // 10 pixels a metre: the box spans x 330..370, y 90..110.
  const inside = pixels.count(TRUTH, [326, 86, 374, 114]);
  assert.equal(pixels.count(TRUTH), inside);
  assert.ok(inside > 90, `${inside} green pixels`);
  const front = pixels.count(TRUTH, [367, 92, 374, 108]);
  const rear = pixels.count(TRUTH, [326, 92, 333, 108]);
  assert.ok(front > 1.5 * rear, `front ${front}, rear ${rear}`);
  assert.ok(pixels.count("#eceff4", [48, 448, 54, 454]) > 0, "a high point");
});

Deno.test("results in global coordinates land on the ground truth", async () => {
  await withWorld(TINY, (dataset) => {
    for (const sample of dataset.tables.sample!) {
      const info = infoOf(dataset, sample);
      const truth = truthOf(info);
      perfectResults(dataset, sample).forEach((result, i) => {
        const { box, velocity } = toDrawn(info, result);
        truth[i]!.box.forEach((value, axis) =>
          assert.ok(Math.abs(value - box[axis]!) < 1e-6)
        );
        assert.ok(Math.abs(Math.hypot(...velocity!) - 1) < 1e-3);
      });
    }
  });
});

Deno.test("a sample's sheet shows truth in green, predictions in class colours", async () => {
  await withWorld({ ...TINY, width: 320, height: 180 }, async (dataset) => {
    const sample = dataset.tables.sample![1]!;
    const info = infoOf(dataset, sample);
    const predictions = perfectResults(dataset, sample);
    const base = { root: dataset.root, info, tileWidth: 320, title: "" };
    const draw = async (name: string, shown: typeof predictions) => {
      const out = `${dataset.root}/${name}`;
      const scoreThreshold = 0.5;
      await renderSample({ ...base, predictions: shown, scoreThreshold, out });
      return await pixelsOf(out);
    };
    const truth = await draw("truth.png", []);
    assert.deepEqual([truth.width, truth.height], [960 + 360, 360 + 26]);
    assert.ok(truth.count(TRUTH, [0, 26, 960, 386]) > 500);
    assert.ok(truth.count(TRUTH, [960, 26, 1320, 386]) > 200);
    const both = await draw("both.png", predictions);
    const names = new Set(predictions.map((p) => p.detection_name));
    for (const [name, colour] of Object.entries(CLASS_COLOURS)) {
      if (!names.has(name)) continue;
      const more = both.count(colour) - truth.count(colour);
      assert.ok(more > 20, `${more} pixels of ${name}`);
    }
    const low = predictions.map((p) => ({ ...p, detection_score: 0.4 }));
    const none = await draw("none.png", low);
    assert.equal(none.count(TRUTH), truth.count(TRUTH));
  });
});

Deno.test("camera pictures hold the image under the boxes", async () => {
  await withWorld(TINY, async (dataset) => {
    const info = infoOf(dataset, dataset.tables.sample![0]!);
    const views = viewsOf(dataset.root, info);
    const svg = await renderCameras({ views, boxes: [], tileWidth: 160 });
    const out = `${dataset.root}/cameras.png`;
    await writePicture(svg, out);
    const front = views.find((view) => view.channel === "CAM_FRONT")!;
    const part = async (path: string, left: number) => {
      const region = { left: left + 40, top: 30, width: 80, height: 50 };
      return await sharp(path).extract(region).raw().toBuffer();
    };
    const tile = await part(out, 160), image = await part(front.image, 0);
    assert.equal(tile.length, image.length);
    const off = tile.reduce((sum, v, i) => sum + Math.abs(v - image[i]!), 0);
    assert.ok(off / tile.length < 4, `${off / tile.length} levels apart`);
  });
});

Deno.test("pictures of unknown kinds are refused", async () => {
  await assert.rejects(writePicture("<svg/>", "sheet.bmp"), {
    name: "DatasetError",
    message: 'Cannot write the picture sheet.bmp: the ending is ".bmp", ' +
      "expected .svg, .png, .jpg or .webp",
  });
});
