import assert from "node:assert/strict";
import {
  createInfos,
  type FrameInfo,
  openDataset,
  selectScenes,
} from "../../nusc/mod.ts";
import { goldenNusc, goldenNuscJson } from "../support/nusc.ts";

/** Largest allowed difference, absolute, by field; others are relative. */
const BOUNDS: Record<string, number> = { bboxes2d: 1e-3, centers2d: 2e-3 };
/** float32 fields: an ulp of what the recording holds, relative. */
const ROUNDED = new Set(["bboxes3d_cams", "depths"]);

function compare(actual: unknown, wanted: unknown, at: string, bound: number) {
  if (typeof wanted === "number" && typeof actual === "number") {
    let difference = Math.abs(actual - wanted);
    if (/gt_boxes\.\d+\.6$|bboxes3d_cams\.\d+\.\d+\.6$/.test(at)) {
      difference = Math.abs(Math.sin(difference / 2)) * 2;
    }
    const field = at.split(".")[1]!;
    const allowed = BOUNDS[field] ?? bound * Math.max(1, Math.abs(wanted));
    assert.ok(difference <= allowed, `${at}: ${actual}, recorded ${wanted}`);
  } else if (wanted !== null && typeof wanted === "object") {
    assert.ok(actual && typeof actual === "object", at);
    if (Array.isArray(wanted)) {
      assert.equal(
        (actual as unknown[]).length,
        wanted.length,
        `${at}: length`,
      );
    }
    for (const [key, value] of Object.entries(wanted)) {
      const rounded = ROUNDED.has(key) ? 2.5e-7 : bound;
      const inner = (actual as Record<string, unknown>)[key];
      compare(inner, value, `${at}.${key}`, rounded);
    }
  } else if (/_path$/.test(at)) {
    assert.equal(`./data/nuscenes/${actual}`, wanted, at);
  } else assert.equal(actual, wanted, at);
}

for (const split of ["train", "val"] as const) {
  Deno.test(`infos of mini_${split} equal the converter's`, async () => {
    const recorded = await goldenNuscJson(`infos/infos_${split}.json`) as {
      infos: FrameInfo[];
    };
    const dataset = openDataset(`${await goldenNusc()}/db`, "v1.0-mini");
    const scenes = dataset.rows("scene").map(({ name }) => name);
    const { names } = selectScenes(`mini_${split}`, scenes);
    const infos = [...createInfos(dataset, names, { checkFiles: false })];
    assert.equal(infos.length, recorded.infos.length);
    const byToken = new Map(infos.map((info) => [info.token, info]));
    for (const wanted of recorded.infos) {
      compare(byToken.get(wanted.token), wanted, wanted.token, 1e-9);
    }
  });
}
