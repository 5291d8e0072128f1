import assert from "node:assert/strict";
import sharp from "sharp";
import { cornersOf, wireFrame } from "../../nusc/render/box.ts";
import {
  type CameraView,
  CLASS_COLOURS,
  renderBev,
  renderSample,
  renderSheet,
  toDrawn,
  TRUTH,
  truthOf,
  viewsOf,
  writePicture,
} from "../../nusc/render/mod.ts";
import { main } from "../../nusc/cli.ts";
import {
  boxesOf,
  type Dataset,
  DETECTION_NAMES,
  isInImage,
  openDataset,
  projectBox,
  readingOf,
  readPointCloud,
  sampleOf,
  type SampleView,
  toFrame,
  TRACKING_NAMES,
  writeResults,
} from "../../nusc/mod.ts";
import type { SampleBox } from "../../nusc/results/mod.ts";
import { TINY, withWorld } from "../world/support.ts";
import { perfectResults } from "./support.ts";

/** Looks along the LiDAR's y axis from its origin, 90 degrees wide. */
const AHEAD: CameraView = {
  channel: "CAM_FRONT",
  image: "",
  width: 200,
  height: 100,
  intrinsic: [[100, 0, 100], [0, 100, 50], [0, 0, 1]],
  lidarFromCamera: {
    rotation: [1, 0, 0, 0, 0, 1, 0, -1, 0],
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

/** A generated world, opened, with the samples' tables beside it. */
function withOpen(
  options: Parameters<typeof withWorld>[0],
  work: (
    dataset: Dataset,
    samples: { view: SampleView; truth: SampleBox[] }[],
  ) => unknown,
): Promise<void> {
  return withWorld(options, async (tables) => {
    const dataset = openDataset(tables.root);
    const samples = tables.tables.sample!.map((row) => ({
      view: sampleOf(dataset, row.token),
      truth: perfectResults(tables, row),
    }));
    await work(dataset, samples);
  });
}

Deno.test("results in global coordinates land on the ground truth", async () => {
  await withOpen(TINY, (dataset, samples) => {
    for (const { view, truth: results } of samples) {
      const truth = truthOf(dataset, view);
      const lidar = readingOf(dataset, view, "LIDAR_TOP");
      assert.ok(results.length > 0);
      results.forEach((result, i) => {
        const { box, velocity } = toDrawn(lidar, result);
        truth[i]!.box.forEach((value, axis) =>
          assert.ok(Math.abs(value - box[axis]!) < 1e-6)
        );
        assert.ok(Math.abs(Math.hypot(...velocity!) - 1) < 1e-3);
      });
    }
  });
});

Deno.test("a sample's sheet shows truth in green, predictions in class colours", async () => {
  await withOpen({ ...TINY, width: 320, height: 180 }, async (dataset, all) => {
    const { view: sample, truth: predictions } = all[1]!;
    const draw = async (name: string, shown: typeof predictions) => {
      const out = `${dataset.root}/${name}`;
      const options = { width: 320, title: "", minScore: 0.5, out };
      await renderSample(dataset, sample, { ...options, predictions: shown });
      return await pixelsOf(out);
    };
    const truth = await draw("truth.png", []);
    assert.deepEqual([truth.width, truth.height], [960 + 360, 360 + 26]);
    assert.ok(truth.count(TRUTH, [0, 26, 960, 386]) > 500);
    assert.ok(truth.count(TRUTH, [960, 26, 1320, 386]) > 200);
    const both = await draw("both.png", predictions);
    const names = new Set(predictions.map(({ name }) => name));
    for (const [name, colour] of Object.entries(CLASS_COLOURS)) {
      if (!names.has(name)) continue;
      const more = both.count(colour) - truth.count(colour);
      assert.ok(more > 20, `${more} pixels of ${name}`);
    }
    const low = predictions.map((p) => ({ ...p, score: 0.4 }));
    const none = await draw("none.png", low);
    assert.equal(none.count(TRUTH), truth.count(TRUTH));
  });
});

Deno.test("camera pictures hold the image under the boxes", async () => {
  await withOpen(TINY, async (dataset, [first]) => {
    const views = viewsOf(dataset, first!.view);
    const svg = await renderSheet({ views, boxes: [], width: 160, bev: false });
    const out = `${dataset.root}/cameras.png`;
    await writePicture(svg, out);
    const front = views.find((view) => view.channel === "CAM_FRONT")!;
    const part = async (path: string, left: number, top: number) => {
      const region = { left: left + 40, top: top + 30, width: 80, height: 50 };
      return await sharp(path).extract(region).raw().toBuffer();
    };
    const tile = await part(out, 160, 26),
      image = await part(front.image, 0, 0);
    assert.equal(tile.length, image.length);
    const off = tile.reduce((sum, v, i) => sum + Math.abs(v - image[i]!), 0);
    assert.ok(off / tile.length < 4, `${off / tile.length} levels apart`);
  });
});

Deno.test("LiDAR points fall on the boxes that they were reflected by", async () => {
  const options = { ...TINY, width: 640, height: 360, lidarGroundEvery: 1000 };
  await withOpen(options, async (dataset, samples) => {
    let inside = 0, all = 0;
    for (const { view } of samples) {
      const lidar = readingOf(dataset, view, "LIDAR_TOP");
      const cloud = await readPointCloud(lidar.path);
      const boxes = boxesOf(dataset, view).filter((box) => box.lidarPoints > 4);
      for (const camera of viewsOf(dataset, view, cloud)) {
        const reading = readingOf(dataset, view, camera.channel);
        const seen = boxes.map((box) => toFrame(box, reading, "sensor"))
          .filter((box) => isInImage(box, reading, "all"))
          .map((box) => projectBox(box, reading));
        for (const { corners, depths } of seen) {
          const [us, vs] = [0, 1].map((axis) => corners.map((c) => c[axis]!));
          const { pixels, depths: metres, count } = camera.points!;
          for (let i = 0; i < count; i++) {
            const depth = metres[i]!;
            if (depth < Math.min(...depths) || depth > Math.max(...depths)) {
              continue;
            }
            const [u, v] = [pixels[2 * i]!, pixels[2 * i + 1]!];
            if (u < Math.min(...us!) || u > Math.max(...us!)) continue;
            all++;
            if (v > Math.min(...vs!) - 1 && v < Math.max(...vs!) + 1) inside++;
          }
        }
      }
    }
    assert.ok(all > 50, `${all} points`);
    assert.ok(inside / all > 0.8, `${inside} of ${all} points on their boxes`);
  });
});

Deno.test("the command draws one camera, tracks and points, in any format", async () => {
  await withOpen({ ...TINY, width: 320, height: 180 }, async (dataset, all) => {
    const { root } = dataset;
    const { view: sample, truth } = all[2]!;
    const tracks = truth.filter(({ name }) =>
      TRACKING_NAMES.some((tracked) => tracked === name)
    );
    await writeResults(
      `${root}/tracks.json`,
      [{
        token: sample.token,
        boxes: tracks.map(({ name, score, ...box }, i) => ({
          ...box,
          sample_token: sample.token,
          tracking_id: `${i}`,
          tracking_name: name,
          tracking_score: score,
        })),
      }],
    );
    const draw = async (out: string, ...args: string[]) => {
      let told = "";
      const code = await main(
        ["render", "--root", root, "--out", `${root}/${out}`, ...args],
        () => {},
        (text) => told += text,
      );
      return { code, told };
    };
    const at = ["--sample", sample.token, "--results", `${root}/tracks.json`];
    for (const name of ["a.svg", "a.png", "a.jpg", "a.webp"]) {
      const only = ["--view", "CAM_FRONT", "--points"];
      assert.deepEqual(await draw(name, ...at, ...only), { code: 0, told: "" });
      const { width, height } = await sharp(`${root}/${name}`).metadata();
      // The header has a line for the title and two for the legend.
      assert.deepEqual([width, height], [320, 180 + 26 + 2 * 16]);
    }
    const svg = await Deno.readTextFile(`${root}/a.svg`);
    assert.ok(svg.match(/M[\d.]+ [\d.]+h0/g)!.length > 50, "points");
    await draw("bev.png", ...at, "--view", "bev", "--width", "300");
    const bev = await pixelsOf(`${root}/bev.png`);
    assert.deepEqual([bev.width, bev.height], [300, 326 + 2 * 16]);
    assert.ok(bev.count(TRUTH) > 50);
  });
});

Deno.test("the command names what it cannot draw", async () => {
  await withOpen(TINY, async (dataset, all) => {
    const { root } = dataset;
    const camera = readingOf(dataset, all[0]!.view, "CAM_BACK").path;
    const lidar = readingOf(dataset, all[0]!.view, "LIDAR_TOP").path;
    await Deno.writeTextFile(
      `${root}/results.json`,
      '{"meta":{},"results":{}}',
    );
    const far = all[0]!.truth.map(({ name, score, translation, ...box }) => ({
      ...box,
      translation: translation.map((value, axis) =>
        axis ? value : value + 1000
      ),
      sample_token: all[0]!.view.token,
      detection_name: DETECTION_NAMES.includes(name as "car") ? name : "car",
      detection_score: score,
      attribute_name: "",
    }));
    const { token } = all[0]!.view;
    await writeResults(`${root}/far.json`, [{ token, boxes: far }]);
    const told = async (...args: string[]) => {
      let error = "";
      const out = args.includes("--out") ? [] : ["--out", `${root}/a.png`];
      const code = await main(
        ["render", "--root", root, ...out, ...args],
        () => {},
        (text) => error += text,
      );
      assert.equal(code, 2, error);
      return error.replaceAll(root, "ROOT");
    };
    const { scene } = all[0]!.view;
    const cases: [string[], RegExp][] = [
      [["--out", "a.bmp"], /the ending is "\.bmp", expected \.svg, \.png/],
      [["--out", `${root}/no/a.png`], /Cannot open ROOT\/no\/a.png: it does n/],
      [["--view", "front"], /Found the view "front", expected one of all, ca/],
      [["--range", "0"], /Found --range 0, expected a number above 0/],
      [["--sample", "x"], /Found no sample "x" in ROOT\/v1.0-mini\/sample.j/],
      [["--scene", "scene-9"], /Found no scene scene-9 in ROOT.*, which holds/],
      [
        ["--scene", scene, "--index", "3"],
        /Found no key frame 3 in scene-\d+, which has 3\. Name an index from 0/,
      ],
      [
        ["--results", `${root}/results.json`],
        /ROOT\/results.json has no entry for the sample "[0-9a-f]{32}", but f/,
      ],
      [
        ["--results", `${root}/far.json`],
        /boxes of ROOT\/far.json lie more than 150 m .* All are shifted by/,
      ],
      [["--results", `${root}/none.json`], /Found no file ROOT\/none.json/],
    ];
    for (const [args, message] of cases) {
      assert.match(await told(...args), message);
    }
    const image = await Deno.readFile(camera);
    await Deno.writeFile(camera, image.subarray(0, image.length / 2));
    assert.match(await told(), /Cannot decode the image ROOT.*of CAM_BACK: /);
    await Deno.remove(camera);
    assert.match(
      await told(),
      /Found no image ROOT.*CAM_BACK.*\.jpg of CAM_BA/,
    );
    await Deno.writeFile(camera, image);
    await Deno.truncate(lidar, 1003);
    assert.match(await told(), /Found 1003 bytes in ROOT.*LIDAR_TOP.*bin, exp/);
    await Deno.remove(lidar);
    const error = await told("--points");
    assert.match(error, /Found no LiDAR file ROOT.*LIDAR_TOP/);
  });
});

Deno.test("title and legend share a line only where both have room", async () => {
  const boxes = DETECTION_NAMES.map((label, i) => ({
    box: [2 * i, 5, 0, 1, 1, 1, 0],
    label,
    score: 0.5,
  }));
  const heightOf = async (width: number, title: string) => {
    const svg = await renderSheet({ views: [], boxes, width, title });
    const { width: wide, height } = await pixelsOf(
      new TextEncoder().encode(svg),
    );
    assert.equal(wide, width);
    return height - width;
  };
  assert.equal(await heightOf(1200, "a title"), 26);
  const [one, many] = [
    await heightOf(900, "a title that is long".repeat(3)),
    await heightOf(200, "a title"),
  ];
  assert(26 < one && one < many, `${one} ${many}`);
});

Deno.test("pictures of unknown kinds are refused", async () => {
  await assert.rejects(writePicture("<svg/>", "sheet.bmp"), {
    name: "DatasetError",
    message: 'Cannot write the picture sheet.bmp: the ending is ".bmp", ' +
      "expected .svg, .png, .jpg or .webp",
  });
});
