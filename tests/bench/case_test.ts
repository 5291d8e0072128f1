import assert from "node:assert/strict";
import { ResultsFile } from "../../bench/nusc/case/results.ts";
import { SENSORS } from "../../bench/nusc/case/sensors.ts";
import { type Size, writeTables } from "../../bench/nusc/case/tables.ts";
import {
  createFrames,
  evaluateDetection,
  openDataset,
} from "../../nusc/mod.ts";

const SIZE: Size = {
  version: "v1.0-trainval",
  scenes: ["scene-0003", "scene-0012"],
  samples: 13,
  sensors: SENSORS,
  seed: 5,
};

/** Writes a small case; returns its folder. */
function write(): string {
  const root = Deno.makeTempDirSync();
  using results = new ResultsFile(`${root}/results.json`);
  writeTables(root, SIZE, (scene, random) => results.add(scene, random));
  return root;
}

Deno.test("generated cases are whole datasets with results that fit", async () => {
  const root = write();
  const dataset = openDataset(root);
  assert.equal(dataset.samples.rows.length, 13);
  // Two chains a sensor, of 6 and 7 key frames.
  const readings = SENSORS.reduce((sum, { readings }) => sum + readings, 0);
  assert.equal(dataset.sensorData.rows, 11 * readings + 2 * SENSORS.length);
  const samples = dataset.samples.rows.map((_, row) => row);
  const frames = createFrames(dataset, samples, { checkFiles: false });
  let boxes = 0, sweeps = 0;
  for await (const frame of frames) {
    boxes += frame.gt_boxes.length;
    sweeps += frame.sweeps.length;
  }
  assert.equal(boxes, dataset.annotations.rows);
  assert.equal(sweeps, 11 * 10);
  const { scenes } = SIZE;
  const results = `${root}/results.json`;
  const { summary, counts } = evaluateDetection(dataset, results, { scenes });
  assert.equal(counts.predictions.all, 13 * 300);
  assert(summary.mean_dist_aps.car! > 0.2);
  await Deno.remove(root, { recursive: true });
});

Deno.test("a case is the same at every time", async () => {
  const [first, second] = [write(), write()];
  for (const name of ["results", "v1.0-trainval/sample_annotation"]) {
    assert.equal(
      await Deno.readTextFile(`${first}/${name}.json`),
      await Deno.readTextFile(`${second}/${name}.json`),
    );
  }
  await Deno.remove(first, { recursive: true });
  await Deno.remove(second, { recursive: true });
});
