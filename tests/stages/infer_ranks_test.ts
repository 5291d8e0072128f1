/** Inference shared among processes against inference on one. */
import assert from "node:assert/strict";
import type { FrameInfo } from "../../nusc/mod.ts";
import exportStage from "../../stages/export.ts";
import { exportModel } from "../../stages/export/run.ts";
import { infer } from "../../stages/infer/run.ts";
import { scenesOf, shareOf } from "../../stages/infer/shares.ts";
import { writeModel } from "../../stages/train/artifact.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import { composeStep } from "../../stages/train/run.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  contextOf,
  type Inputs,
  tinySettings,
  tinyWorld,
} from "../support/stages.ts";

/** Four scenes as split `all`, and an exported network of first values. */
async function prepare(folder: string): Promise<Inputs> {
  await useTensorFlow();
  const inputs = await tinyWorld(folder, 3);
  const lines = ["train", "val"].map((split) =>
    Deno.readTextFileSync(`${inputs.data}/infos_${split}.jsonl`)
  );
  Deno.writeTextFileSync(`${inputs.data}/infos_all.jsonl`, lines.join(""));
  const settings = tinySettings();
  const { model, image, seed } = settings;
  const { params } = composeStep(settings, buildModel(model, image));
  const values = firstValues(params, model, seed);
  Deno.mkdirSync(`${folder}/train`);
  await writeModel(`${folder}/train`, params, values, { model, image });
  const context = contextOf(
    exportStage.config.parse({ split: "val", frames: 2 }),
    { ...inputs, train: `${folder}/train` },
    `${folder}/export`,
  );
  await exportModel(context);
  return { ...inputs, model: context.output };
}

const folder = await Deno.makeTempDir();
const inputs = await prepare(folder);

/** The stage as one process of a launch has it. */
function contextFor(name: string, rank = 0, size = 1, stopAt = Infinity) {
  const config = {
    split: "all",
    provider: "cpu" as const,
    max_boxes: 300,
    threads: 0,
  };
  const context = contextOf(config, inputs, `${folder}/${name}`, (event) => {
    if (event.type === "progress" && event.done >= stopAt) context.abort();
  });
  const launch = { rank, size, localRank: rank, localSize: size };
  return size > 1 ? { ...context, launch } : context;
}

const shared = (name: string, size: number) =>
  Promise.all(
    Array.from({ length: size }, (_, i) => infer(contextFor(name, i, size))),
  );

const submission = (name: string) =>
  Deno.readTextFile(`${folder}/${name}/out/results_nusc.json`);

Deno.test("1, 2 and 3 processes write the same bytes", async () => {
  await infer(contextFor("one"));
  const expected = await submission("one");
  const { results } = JSON.parse(expected);
  const frames = Object.values<{ detection_score: number }[]>(results);
  assert.equal(frames.length, 12);
  assert.ok(frames.every((boxes) => boxes.length > 0));
  for (const size of [2, 3]) {
    await shared(`of ${size}`, size);
    assert.equal(await submission(`of ${size}`), expected);
  }
});

Deno.test("a stopped run goes on with the scenes that lack, on any number", async () => {
  const stopped = contextFor("stopped", 0, 1, 4);
  await assert.rejects(infer(stopped), /interrupted/);
  const kept = [...Deno.readDirSync(stopped.scratch)].map(({ name }) => name);
  assert.deepEqual(kept, ["scene-0.json"]);
  // A mark in what is kept is still there: the scene is not done again.
  const path = `${stopped.scratch}/scene-0.json`;
  const [first, ...others] = JSON.parse(Deno.readTextFileSync(path));
  first.boxes[0].detection_score = 7;
  Deno.writeTextFileSync(path, JSON.stringify([first, ...others]));
  await shared("stopped", 3);
  const { results } = JSON.parse(await submission("stopped"));
  assert.equal(results[first.token][0].detection_score, 7);
  assert.equal(Object.keys(results).length, 12);
});

Deno.test("rank 0 that waits for others stops when it is asked to", async () => {
  const lonely = contextFor("lonely", 0, 2, 6);
  await assert.rejects(infer(lonely), /interrupted/);
});

Deno.test("scenes are shared whole, and each of them once", () => {
  const infos = [..."aabbbcdd"].map((scene_token) => ({ scene_token }));
  const scenes = scenesOf(infos as FrameInfo[]);
  assert.deepEqual(scenes.map(({ frames }) => frames.length), [2, 3, 1, 2]);
  const shares = [0, 1, 2].map((rank) =>
    shareOf(scenes, { rank, size: 3 }).map(({ index }) => index)
  );
  assert.deepEqual(shares, [[0, 3], [1], [2]]);
});
