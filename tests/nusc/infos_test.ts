import assert from "node:assert/strict";
import sharp from "sharp";
import {
  type Camera,
  CAMERAS,
  createFrames,
  type CreateOptions,
  type FrameInfo,
  openDataset,
  readAllFrames,
  resolveSplit,
  writeFrames,
} from "../../nusc/mod.ts";
import { inspectJpeg } from "../../nusc/infos/jpeg.ts";
import { clippedBounds } from "../../nusc/infos/polygon.ts";
import { type Tables, tinyTables, withDataset } from "./tiny.ts";

const WITHOUT_FILES: CreateOptions = { checkFiles: false };

async function framesOf(
  tables: Tables = tinyTables(),
  options = WITHOUT_FILES,
  prepare: (root: string) => unknown = () => {},
): Promise<FrameInfo[]> {
  return await withDataset(tables, async (root) => {
    await prepare(root);
    const dataset = openDataset(root);
    const samples = [...dataset.samples.rows.keys()];
    return await Array.fromAsync(createFrames(dataset, samples, options));
  });
}

function jpeg(width: number, height: number): Promise<Uint8Array> {
  return sharp({
    create: { width, height, channels: 3, background: "red" },
  }).jpeg().withMetadata().toBuffer();
}

Deno.test("a frame holds its boxes in the LiDAR's and the camera's frame", async () => {
  const [first, second, third] = await framesOf();
  assert.deepEqual([first!.frame_idx, second!.frame_idx, third!.frame_idx], [
    0,
    1,
    0,
  ]);
  assert.equal(first!.sweeps.length, 0);
  assert.equal(second!.sweeps.length, 1);
  // Ego at (100, 50, 0), LiDAR at (1, 0, 1.5) in it, both unrotated.
  assert.deepEqual(first!.gt_boxes[0], [9, 0, -0.5, 4.5, 2, 1.6, 0]);
  assert.deepEqual(first!.gt_names, ["car", "pedestrian"]);
  const [x, y] = first!.gt_velocity[1]!;
  assert(x === 0 && Math.abs(y! - 1) < 1e-6);
  assert.deepEqual(first!.valid_flag, [true, true]);
  // The camera looks along x: the car is 9 m ahead, half a metre below.
  const place = CAMERAS.indexOf("CAM_FRONT");
  assert.deepEqual(first!.depths[place], [9]);
  assert.deepEqual(first!.centers2d[place], [[800, Math.fround(494 + 4 / 9)]]);
  const [left, top, right, bottom] = first!.bboxes2d[place]![0]!;
  // The nearest face is 6.75 m away and 2 m wide.
  assert.equal(left, Math.fround(800 - 800 / 6.75));
  assert.equal(right, Math.fround(800 + 800 / 6.75));
  assert.equal(bottom, Math.fround(450 + 800 * 1.3 / 6.75));
  assert(top! > 405 && top! < 490);
  assert.deepEqual(first!.visibilities[place], ["4"]);
});

Deno.test("image sizes come from the files and clip the boxes", async () => {
  const images = async (root: string) => {
    const bytes = await jpeg(850, 475);
    for (const channel of [...CAMERAS, "LIDAR_TOP"]) {
      await Deno.mkdir(`${root}/samples/${channel}`, { recursive: true });
      for (const name of ["0103_0", "0103_1", "0916_0", "0916_1"]) {
        const path = `${root}/samples/${channel}/scene-${name}.jpg`;
        await Deno.writeFile(path, bytes);
      }
    }
  };
  const [first] = await framesOf(tinyTables(), {}, images);
  const { width, height } = first!.cams.CAM_FRONT;
  assert.deepEqual([width, height], [850, 475]);
  assert.deepEqual(first!.bboxes2d[0]![0]!.slice(2), [850, 475]);
});

Deno.test("all absent sensor files are named before work starts", async () => {
  await assert.rejects(framesOf(tinyTables(), {}), (error: Error) => {
    assert.equal(error.name, "DatasetError");
    const lines = error.message.split("\n");
    assert.equal(lines[0], "Found no file for 28 of 28 sensor readings:");
    assert.match(lines[1]!, /samples\/CAM_FRONT\/scene-0103_0\.jpg$/);
    for (const channel of [...CAMERAS, "LIDAR_TOP"]) {
      const own = lines.filter((line) => line.includes(`/${channel}/`));
      assert.equal(own.length, 4, channel);
    }
    assert.match(
      lines[29]!,
      /^Unpack all sensor archives \(blobs\) of v1.0-mini/,
    );
    return true;
  });
});

Deno.test("images that are damaged or cut off are told from whole ones", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/image.jpg`;
  const whole = await jpeg(64, 48);
  await Deno.writeFile(path, whole);
  assert.deepEqual(inspectJpeg(path), { width: 64, height: 48 });
  // A comment longer than any read window, before the size.
  const long = new Uint8Array(60_004);
  long.set([0xff, 0xfe, 60_002 >> 8, 60_002 & 255]);
  await Deno.writeFile(
    path,
    new Uint8Array([...whole.slice(0, 2), ...long, ...whole.slice(2)]),
  );
  assert.deepEqual(inspectJpeg(path), { width: 64, height: 48 });
  const text = new TextEncoder().encode("<html>");
  const told = async (bytes: Uint8Array) => {
    await Deno.writeFile(path, bytes);
    return inspectJpeg(path);
  };
  for (const bytes of [new Uint8Array(), whole.slice(0, 60), text]) {
    assert.equal(
      await told(bytes),
      "Found no JPEG header (the file is empty, cut off or no image)",
    );
  }
  assert.equal(
    await told(whole.slice(0, -2)),
    "Found no end of a JPEG (the file is cut off)",
  );
  const padded = new Uint8Array(whole.length + 100);
  padded.set(whole);
  assert.deepEqual(await told(padded), { width: 64, height: 48 });
  assert.equal(inspectJpeg(`${folder}/none.jpg`), "Found no file");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("frames survive their file, and damaged lines are named", async () => {
  const frames = await framesOf();
  const folder = await Deno.makeTempDir();
  const path = `${folder}/infos_val.jsonl`;
  let counted = 0;
  async function* all() {
    yield* frames;
  }
  assert.equal(await writeFrames(path, all()), frames.length);
  await writeFrames(path, all(), (done) => counted = done);
  assert.equal(counted, frames.length);
  assert.deepEqual(
    await readAllFrames(path),
    JSON.parse(JSON.stringify(frames)),
  );
  const short = await readAllFrames(path, ["sweeps"]);
  assert.deepEqual(short[1], {
    ...JSON.parse(JSON.stringify(frames[1])),
    sweeps: [],
  });
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, -100));
  await assert.rejects(
    readAllFrames(path),
    /Found no frame in .*infos_val.jsonl:4, which begins "\{"token"/,
  );
  await assert.rejects(
    readAllFrames(`${folder}/none.jsonl`),
    /Found no file .*none.jsonl, expected frames. Run create-data/,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an intrinsic that is no matrix is named", async () => {
  const tables = tinyTables();
  tables.calibrated_sensor![2]!.camera_intrinsic = [];
  const camera: Camera = CAMERAS[2];
  await assert.rejects(
    framesOf(tables),
    new RegExp(`camera_intrinsic that is not 3 x 3 in .*${camera}`),
  );
});

Deno.test("a hull is cut by the canvas, not its corners' bounds", () => {
  // A triangle that leaves the canvas at the left.
  assert.deepEqual(
    clippedBounds([[-10, 0], [10, 10], [10, -10]], 100, 100),
    [0, 0, 10, 10],
  );
  assert.deepEqual(
    clippedBounds([[-10, 50], [-10, 60], [10, 55]], 100, 100),
    [0, 52.5, 10, 57.5],
  );
  assert.equal(clippedBounds([[-9, -9], [-1, -9], [-5, -1]], 9, 9), null);
});

Deno.test("splits are put together from official ones and scenes", () => {
  const source = {
    version: "v1.0-trainval",
    scenes: new Set(["scene-0001", "scene-0003", "scene-0061", "scene-0553"]),
  };
  const parts = ["train", "mini_train"];
  // scene-0553 is of mini_train and of val: it must not slip in.
  const { scenes, note } = resolveSplit("train", parts, source);
  assert.deepEqual(scenes, ["scene-0001", "scene-0061"]);
  assert.equal(
    note,
    "train: the dataset's scene.json holds 2 of the 700 scenes of train, not " +
      "scene-0002, scene-0004, scene-0005, scene-0006, scene-0007 and 693 " +
      "more. These are left out; a whole dataset needs its metadata archive " +
      "unpacked again",
  );
  assert.deepEqual(
    resolveSplit("mine", ["mini_train", "scene-0001"], source).scenes,
    ["scene-0001", "scene-0061", "scene-0553"],
  );
  const night = { ...source, splits: { night: ["scene-0003", "scene-0001"] } };
  assert.deepEqual(
    resolveSplit("mine", ["night", "scene-0061"], night).scenes,
    ["scene-0001", "scene-0003", "scene-0061"],
  );
  const taken = { ...source, splits: { mini_train: ["scene-0003"] } };
  assert.deepEqual(
    resolveSplit("mine", ["mini_train"], taken).scenes,
    ["scene-0061", "scene-0553"],
  );
  assert.throws(
    () => resolveSplit("mine", ["constructor"], night),
    /Found "constructor" in the split mine, expected train/,
  );
  assert.throws(
    () => resolveSplit("mine", ["nihgt"], night),
    /Found "nihgt" in the split mine, expected train, .*, night or a scene/,
  );
  assert.throws(
    () => resolveSplit("mine", ["scene-0002"], source),
    /Found no scene scene-0002 of the split mine in the dataset, which holds/,
  );
  assert.throws(
    () => resolveSplit("mine", ["trian"], source),
    /Found "trian" in the split mine, expected train, val, test/,
  );
  assert.throws(
    () => resolveSplit("test", ["test"], source),
    /No scene of the split test \(test\) is in the dataset, which holds/,
  );
});
