import assert from "node:assert/strict";
import { createFrames, type FrameInfo, openDataset } from "../../nusc/mod.ts";
import {
  compare,
  type Difference,
  golden,
  goldenFolder,
  holds,
} from "./support.ts";

/** Bounds by field: float64 is exact but for the order of sums. */
const BOUNDS: Record<string, number> = {
  // Pixels: the hull is clipped in another order.
  bboxes2d: 1e-3,
  centers2d: 2e-3,
  depths: 2e-7,
  bboxes3d_cams: 2e-7,
};

/** The recording as this project writes it: paths below the dataset. */
function recorded(split: string): FrameInfo[] {
  const text = JSON.stringify(golden(`infos/infos_${split}.json`).infos);
  return JSON.parse(text.replaceAll("./data/nuscenes/", ""));
}

/** A frame without what the recording lacks, as JSON holds it. */
function plain(frame: FrameInfo): Record<string, unknown> {
  const copy = JSON.parse(JSON.stringify(frame));
  for (const camera of Object.values<Record<string, unknown>>(copy.cams)) {
    assert.equal(camera.width, 1600);
    assert.equal(camera.height, 900);
    delete camera.width;
    delete camera.height;
  }
  return copy;
}

/** Angles that differ by whole turns are equal. */
function alignYaw(actual: number[][], expected: number[][]): void {
  const turn = 2 * Math.PI;
  actual.forEach((box, i) => {
    const yaw = expected[i]?.[6] ?? 0;
    box[6] = box[6]! - turn * Math.round((box[6]! - yaw) / turn);
  });
}

for (const split of ["train", "val"]) {
  Deno.test(`frames of ${split} equal the converter's`, async () => {
    const dataset = openDataset(`${goldenFolder()}/db`, "v1.0-mini");
    const expected = recorded(split);
    const samples = expected.map((frame) =>
      dataset.samples.index.findText(frame.token)
    );
    const options = { checkFiles: false };
    const worst: Record<string, Difference> = {};
    let count = 0;
    for await (const frame of createFrames(dataset, samples, options)) {
      const actual = plain(frame);
      const wanted = expected[count++]!;
      alignYaw(actual.gt_boxes as number[][], wanted.gt_boxes);
      assert.deepEqual(Object.keys(actual).sort(), Object.keys(wanted).sort());
      for (const [key, value] of Object.entries(wanted)) {
        const { error, where } = compare(actual[key], value);
        if (error <= (worst[key]?.error ?? -1)) continue;
        worst[key] = { error, where: `${where} of ${frame.token}` };
      }
    }
    for (const [key, difference] of Object.entries(worst)) {
      holds(`infos/${split}`, key, difference, BOUNDS[key] ?? 1e-9);
    }
    assert.equal(count, expected.length);
  });
}
