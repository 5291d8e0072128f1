import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  boxesAt,
  boxesOf,
  type Dataset,
  isInImage,
  openDataset,
  pointsInImage,
  projectBox,
  readingBefore,
  readingByToken,
  readingOf,
  readingsOf,
  readPointCloud,
  sampleOf,
  type SensorReading,
  toFrame,
  walkScenes,
} from "../../nusc/mod.ts";
import { compose, cornersOf, poseFrom } from "../../nusc/geometry/mod.ts";
import { compare, golden, goldenFolder } from "./support.ts";
import { sampleToken, SCENES, tinyTables, token, withDataset } from "./tiny.ts";

/** Other sets of recordings may lack this one. */
const ignore = !existsSync(`${goldenFolder()}/reading/boxes.json`);

Deno.test("scenes, samples and readings are walked in time", async () => {
  const tables = tinyTables();
  tables.sample!.reverse();
  await withDataset(tables, (root) => {
    const dataset = openDataset(root);
    const scenes = [...walkScenes(dataset)];
    assert.deepEqual(scenes.map(({ name }) => name), SCENES);
    const [first, second] = scenes[0]!.samples;
    assert.equal(first!.token, sampleToken(SCENES[0]!, 0));
    assert.deepEqual([first!.index, second!.index], [0, 1]);
    assert.equal(second!.timestampUs - first!.timestampUs, 500_000);
    assert.deepEqual(sampleOf(dataset, second!.token), second);
    assert.deepEqual(
      [...walkScenes(dataset, [SCENES[1]!])].map(({ name }) => name),
      [SCENES[1]],
    );
    const camera = readingOf(dataset, second!, "CAM_BACK");
    assert.equal(camera.path, `${root}/samples/CAM_BACK/scene-0103_1.jpg`);
    assert.deepEqual([camera.width, camera.height], [1600, 900]);
    const before = readingBefore(dataset, camera)!;
    assert.equal(before.token, readingOf(dataset, first!, "CAM_BACK").token);
    assert.equal(readingBefore(dataset, before), null);
    assert.equal(Object.keys(readingsOf(dataset, first!)).length, 7);
    assert.throws(
      () => sampleOf(dataset, "nowhere"),
      /Found no sample "nowhere" in .*sample.json, which holds 4 samples/,
    );
    assert.throws(
      () => [...walkScenes(dataset, ["scene-0001"])],
      /Found no scene scene-0001 in .*, which holds scene-0103, scene-0916/,
    );
    assert.throws(
      () => readingByToken(dataset, "nowhere"),
      /Found no reading "nowhere" in .*sample_data.json, which holds 28/,
    );
    assert.throws(
      () => readingOf(dataset, first!, "RADAR_FRONT"),
      /No key frame of RADAR_FRONT in .*sample_data.json for the sample/,
    );
  });
});

Deno.test("one key frame can be looked at though its scene is cut short", async () => {
  const tables = tinyTables();
  const [first, second] = tables.sample!;
  tables.sample = [second!];
  for (const name of ["sample_data", "sample_annotation"]) {
    tables[name] = tables[name]!
      .filter((row) => row.sample_token === second!.token)
      .map((row) => ({ ...row, prev: "", next: "" }));
  }
  await withDataset(tables, (root) => {
    const dataset = openDataset(root);
    const sample = sampleOf(dataset, second!.token);
    assert.equal(sample.index, 0);
    assert.equal(boxesOf(dataset, sample).length, 2);
    assert.equal(readingOf(dataset, sample, "CAM_BACK").isKeyFrame, true);
    assert.throws(
      () => [...walkScenes(dataset)],
      new RegExp(
        `first_sample_token of ${SCENES[0]} .* names "${first!.token}"`,
      ),
    );
  });
});

Deno.test("boxes go from the global frame to the car's and the sensor's", async () => {
  await withDataset(tinyTables(), (root) => {
    const dataset = openDataset(root);
    const [scene] = walkScenes(dataset);
    const sample = scene!.samples[0]!;
    const [car, walker] = boxesOf(dataset, sample);
    assert.equal(car!.category, "vehicle.car");
    assert.equal(car!.detectionName, "car");
    assert.equal(car!.attribute, "vehicle.parked");
    assert.equal(car!.instance, token(`car ${SCENES[0]}`));
    assert.deepEqual(car!.center, [110, 50, 1]);
    // Ego at (100, 50, 0), the camera at (1, 0, 1.5) in it, looking ahead.
    const camera = readingOf(dataset, sample, "CAM_FRONT");
    assert.deepEqual(toFrame(car!, camera, "global").center, [110, 50, 1]);
    assert.deepEqual(toFrame(car!, camera, "ego").center, [10, 0, 1]);
    assert.deepEqual(toFrame(car!, camera, "sensor").center, [0, 0.5, 9]);
    // It walks to the left: against x of the camera.
    const seen = toFrame(walker!, camera, "sensor");
    assert(Math.abs(seen.velocity[0]! + 1) < 1e-6, `${seen.velocity}`);
    const { corners, depths } = projectBox(
      toFrame(car!, camera, "sensor"),
      camera,
    );
    assert.equal(Math.min(...depths), 6.75);
    const left = Math.min(...corners.map(([u]) => u));
    assert(Math.abs(left - (800 - 800 / 6.75)) < 1e-9);
  });
});

/** Boxes as the devkit's were recorded. */
function recordedBoxes(dataset: Dataset, reading: SensorReading) {
  const boxes = boxesAt(dataset, reading);
  const moved = boxes.map((box) => toFrame(box, reading, "sensor"));
  const place = ({ token, center, rotation }: typeof boxes[0]) => [
    token,
    [...center],
    [...rotation],
  ];
  const named = (visibility: "any" | "all") =>
    moved.filter((box) => isInImage(box, reading, visibility))
      .map((box) => box.token);
  return {
    global: boxes.map(place),
    none: moved.map((box, i) => [
      ...place(box),
      i < 2 ? cornersOf(box) : null,
    ]),
    ...(reading.intrinsic.length
      ? { any: named("any"), all: named("all") }
      : {}),
  };
}

Deno.test("boxes at key frames and sweeps equal the devkit's", {
  ignore,
}, () => {
  const dataset = openDataset(`${goldenFolder()}/db`, "v1.0-mini");
  const recorded = golden("reading/boxes.json");
  let sweeps = 0;
  for (const [token, expected] of Object.entries(recorded)) {
    const reading = readingByToken(dataset, token);
    if (!reading.isKeyFrame) sweeps++;
    const found = compare(recordedBoxes(dataset, reading), expected);
    assert(found.error < 1e-12, `${token}${found.where}: ${found.error}`);
  }
  assert(sweeps === 8, `${sweeps} sweeps`);
});

/** A reading out of recorded numbers. */
// deno-lint-ignore no-explicit-any -- a recording
function readingFrom(recorded: any): SensorReading {
  const placement = (of: { translation: number[]; rotation: number[] }) => ({
    ...poseFrom(of.translation, of.rotation),
    quaternion: of.rotation,
  });
  const egoFromSensor = placement(recorded.sensor);
  const globalFromEgo = placement(recorded.ego);
  return {
    ...recorded,
    egoFromSensor,
    globalFromEgo,
    globalFromSensor: compose(globalFromEgo, egoFromSensor),
  };
}

Deno.test("LiDAR points in an image equal map_pointcloud_to_image's", {
  ignore,
}, () => {
  const recorded = golden("reading/points.json");
  const data = Float32Array.from(recorded.points.flat());
  const cloud = { count: recorded.points.length, data };
  const lidar = readingFrom(recorded.lidar);
  for (const expected of recorded.cameras) {
    const camera = readingFrom(expected);
    const same = pointsInImage(cloud, lidar, camera, { precision: "float32" });
    assert.equal(same.count, expected.pixels.length);
    assert(same.count > 100);
    assert.deepEqual([...same.depths], expected.depths);
    const off = [...same.pixels].map((value, i) =>
      Math.abs(value - expected.pixels.flat()[i])
    );
    assert(Math.max(...off) < 1e-9, `${Math.max(...off)} pixels`);
    const exact = pointsInImage(cloud, lidar, camera);
    assert.deepEqual([...exact.index], [...same.index]);
    const rounding = [...exact.pixels].map((value, i) =>
      Math.abs(value - same.pixels[i]!)
    );
    const worst = Math.max(...rounding);
    assert(worst > 0 && worst < 0.2, `${worst} pixels`);
  }
});

Deno.test("damaged LiDAR files are named", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/turn.pcd.bin`;
  await assert.rejects(readPointCloud(path), /Found no LiDAR file .*turn.pcd/);
  const points = Float32Array.from({ length: 10 }, (_, i) => i);
  await Deno.writeFile(path, new Uint8Array(points.buffer));
  const { count, data } = await readPointCloud(path);
  assert.deepEqual([count, ...data], [2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await Deno.writeFile(path, new Uint8Array(points.buffer, 0, 37));
  await assert.rejects(
    readPointCloud(path),
    /Found 37 bytes in .*turn.pcd.bin, expected a multiple of 20 \(x, y, z/,
  );
  await Deno.remove(folder, { recursive: true });
});
