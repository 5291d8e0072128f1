import assert from "node:assert/strict";
import { main } from "../../nusc/cli.ts";
import { checkGeometry } from "../../nusc/commands/check-geometry.ts";
import { CheckError } from "../../nusc/errors.ts";
import {
  describeFrame,
  type Frame,
  inverseAffine,
  multiply,
  writeInput,
} from "../../nusc/loader/mod.ts";
import { TINY, withWorld } from "../world/support.ts";

Deno.test("check-geometry passes, prints errors and fails beyond a bound", async () => {
  await withWorld(TINY, async ({ root }) => {
    const [out, complaints]: string[][] = [[], []];
    const run = (...more: string[]) =>
      main(
        ["check-geometry", "--root", root, "--split", "mini_val", ...more],
        (text) => out.push(text),
        (text) => complaints.push(text),
      );
    assert.equal(await run(), 0);
    assert.match(out.join(""), /3 key frames under 9 augmentations each/);
    assert.match(
      out.join(""),
      /3D boxes in the images +\d{3,} +\d\.\de-\d+ px/,
    );
    assert.equal(complaints.length, 0);
    assert.equal(await run("--bound", "1e-18"), 1);
    assert.match(
      complaints[0]!,
      /^error: Ground truth parts by .* px \(3D boxes in the images; sample [0-9a-f]{32}, CAM_\w+, box \d+\), allowed 1e-18: /,
    );
    assert.equal(await run("--split", "train"), 2);
  });
});

/** Mistakes that others have made, and the row that must show them. */
const MISTAKES: Record<string, [RegExp, (frame: Frame) => void]> = {
  "boxes turn the other way": [/3D boxes/, ({ labels, augmentation }) => {
    for (const box of labels.boxes) box[6]! += 2 * augmentation.bev.rotation;
  }],
  "boxes are not scaled": [/3D boxes/, ({ labels, augmentation }) => {
    labels.boxes = labels.boxes.map((box) => [
      ...box.slice(0, 3),
      ...box.slice(3, 6).map((size) => size / augmentation.bev.scale),
      ...box.slice(6),
    ]);
  }],
  "a flip forgets the width": [/3D boxes/, ({ geometry, augmentation }) => {
    if (!augmentation.view.flip) return;
    const shift = Float64Array.of(
      ...[1, 0, augmentation.view.width, 0],
      ...[0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    );
    geometry.lidarFromImage = geometry.lidarFromImage.map((matrix) =>
      multiply(matrix, shift)
    );
  }],
  "velocities stay where they pointed": [
    /world/,
    ({ labels, augmentation }) => {
      const { rotation } = augmentation.bev;
      const [c, s] = [Math.cos(rotation), Math.sin(rotation)];
      for (const box of labels.boxes) {
        const [vx, vy] = [box[7]!, box[8]!];
        [box[7], box[8]] = [c * vx - s * vy, s * vx + c * vy];
      }
    },
  ],
  "velocities are not scaled": [/world/, ({ labels, augmentation }) => {
    for (const box of labels.boxes) {
      for (const axis of [7, 8]) box[axis]! /= augmentation.bev.scale;
    }
  }],
  "cameras stand in the augmented world": [/world/, ({ geometry }) => {
    geometry.cameraFromLidar = geometry.lidarFromImage.map(inverseAffine);
  }],
  "rays and projections part": [/3D boxes/, ({ geometry }) => {
    geometry.imageFromLidar = geometry.imageFromLidar.toReversed();
  }],
  "2D labels are lost": [/nearest 2D label is lost/, ({ labels2d }) => {
    for (const camera of labels2d) {
      for (const list of Object.values(camera)) list.length = 0;
    }
  }],
  "two cameras are exchanged": [/3D boxes/, ({ geometry }) => {
    const [first, second] = geometry.lidarFromImage;
    geometry.lidarFromImage.splice(0, 2, second!, first!);
  }],
  "2D labels do not flip": [/2D labels/, ({ labels2d, augmentation }) => {
    const { flip, width } = augmentation.view;
    if (!flip) return;
    for (const { boxes } of labels2d) {
      for (const box of boxes) {
        [box[0], box[2]] = [width - box[2]!, width - box[0]!];
      }
    }
  }],
  "poses take the augmentation the wrong way": [/world/, ({ geometry }) => {
    const { globalFromLidar, lidarFromGlobal } = geometry;
    geometry.globalFromLidar = inverseAffine(globalFromLidar);
    geometry.lidarFromGlobal = inverseAffine(lidarFromGlobal);
  }],
};

Deno.test("check-geometry finds planted mistakes", async (t) => {
  await withWorld(TINY, async ({ root }) => {
    for (const [name, [row, plant]] of Object.entries(MISTAKES)) {
      const describe: typeof describeFrame = (...args) => {
        const frame = describeFrame(...args);
        plant(frame);
        return frame;
      };
      await t.step(name, () =>
        assert.rejects(
          checkGeometry({ root, split: "mini_val" }, () => {}, { describe }),
          (error: Error) =>
            error instanceof CheckError && row.test(error.message),
        ));
    }
    await t.step("images flip about the wrong pixel", () => {
      const write: typeof writeInput = (part, view, ...rest) =>
        writeInput(part, { ...view, left: view.left + +view.flip }, ...rest);
      return assert.rejects(
        checkGeometry({ root, split: "mini_val" }, () => {}, { write }),
        /parts by .* px \(pixels of images; at \d+, \d+ of .*, allowed 0.9/,
      );
    });
  });
});
