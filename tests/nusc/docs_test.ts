import assert from "node:assert/strict";
import { frameDetections, openDataset, writeResults } from "../../nusc/mod.ts";
import { CLASSES_3D, createFrames, type FrameInfo } from "../../nusc/mod.ts";
import { generateWorld } from "../../nusc/world/mod.ts";
import { TINY } from "../world/support.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Ground truth of the ten classes as a detector would write it. */
function detectionsOf(frame: FrameInfo) {
  const labels = frame.gt_names.map((name) =>
    (CLASSES_3D as readonly string[]).indexOf(name)
  );
  const known = labels.flatMap((label, i) => label < 0 ? [] : [i]);
  return frameDetections(frame, {
    boxes: known.map((i) => [
      ...frame.gt_boxes[i]!,
      ...frame.gt_velocity[i]!.map((v) => v ?? 0),
    ]),
    scores: known.map(() => 0.5),
    labels: known.map((i) => labels[i]!),
  });
}

/** What the examples read: a dataset and results of `scene-0103`. */
async function prepare(folder: string): Promise<void> {
  const root = `${folder}/data/nuscenes`;
  await generateWorld(root, { ...TINY, lidarGroundEvery: 2 });
  const dataset = openDataset(root);
  const frames = createFrames(dataset, dataset.samplesOf(["scene-0103"]));
  await writeResults(
    `${folder}/results_nusc.json`,
    (async function* () {
      for await (const frame of frames) {
        yield { token: frame.token, boxes: detectionsOf(frame) };
      }
    })(),
  );
}

Deno.test("the examples of docs/nusc.md and of the kit's door run", async () => {
  const folder = await Deno.makeTempDir({ prefix: "docs-" });
  await prepare(folder);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--doc",
      `--config=${ROOT}/deno.json`,
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-ffi",
      "--allow-sys",
      `${ROOT}/docs/nusc.md`,
      `${ROOT}/nusc/mod.ts`,
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const told = decoder.decode(stdout) + decoder.decode(stderr);
  assert(success, told);
  const count = Number(/(\d+) passed/.exec(told)?.[1]);
  assert(count >= 9, told);
  for (const name of ["sheet.png", "front.svg", "above.jpg", "curves.csv"]) {
    assert((await Deno.stat(`${folder}/${name}`)).size > 1000, name);
  }
  await Deno.remove(folder, { recursive: true });
});
