import assert from "node:assert/strict";
import type { Stage, StageEvent } from "../../pipeline/stage.ts";
import { generateWorld } from "../../nusc/world/mod.ts";
import { readAllFrames, writeResults } from "../../nusc/mod.ts";
import createData from "../../stages/create-data.ts";
import evaluate from "../../stages/evaluate.ts";
import evaluateTracking from "../../stages/evaluate-tracking.ts";
import nuscenes from "../../stages/nuscenes.ts";
import track from "../../stages/track.ts";

/** Runs a stage as the pipeline does; returns what it emitted. */
async function run(
  stage: Stage,
  settings: unknown,
  inputs: Record<string, string>,
  output: string,
): Promise<StageEvent[]> {
  const events: StageEvent[] = [];
  await Deno.mkdir(output, { recursive: true });
  await stage.run({
    config: stage.config.parse(settings),
    inputs,
    output,
    scratch: output,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
  });
  return events;
}

Deno.test("the stages go from a dataset to metrics of its own boxes", async () => {
  const home = await Deno.makeTempDir({ prefix: "stages-" });
  const at = (name: string) => `${home}/${name}`;
  await generateWorld(at("world"), {
    trainScenes: 1,
    valScenes: 1,
    trainFrames: 2,
    valFrames: 3,
    width: 64,
    height: 36,
    workers: 1,
  });
  await run(
    nuscenes,
    { root: at("world"), version: "v1.0-mini" },
    {},
    at("dataset"),
  );
  const dataset = at("dataset");
  const contents = JSON.parse(
    await Deno.readTextFile(`${dataset}/contents.json`),
  );
  assert.equal(Object.keys(contents.tables).length, 13);
  assert.match(contents.tables["v1.0-mini/scene.json"], /^[0-9a-f]{64}$/);
  assert.equal(contents.sensors["samples/CAM_FRONT"], 5);
  const told = await run(createData, {}, { dataset }, at("data"));
  const data = at("data");
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${data}/splits.json`)), {
    train: ["scene-0061"],
    val: ["scene-0103"],
  });
  const notes = told.filter((event) => event.type === "message");
  assert.match(
    notes[0]!.text,
    /train: the dataset's scene.json holds 1 of the 8 scenes/,
  );
  const steps = told.filter((event) => event.type === "progress");
  assert.deepEqual(steps.at(-1), {
    type: "progress",
    unit: "frames",
    done: 5,
    total: 5,
  });
  const frames = await readAllFrames(`${data}/infos_val.jsonl`);
  assert.equal(frames.length, 3);
  assert.equal(frames[0]!.cams.CAM_BACK.width, 64);

  await Deno.mkdir(at("results"));
  const results = at("results");
  const empty = frames.map(({ token }) => ({ token, boxes: [] }));
  await writeResults(`${results}/results_nusc.json`, empty);
  const shown = await run(
    evaluate,
    { absent: "skip" },
    { dataset, data, results },
    at("metrics"),
  );
  const tables = shown.filter((event) => event.type === "table");
  assert.deepEqual(tables[0]!.columns.slice(0, 2), ["mAP", "NDS"]);
  assert.equal(tables[0]!.rows[0]![0], 0);
  const summary = await Deno.readTextFile(at("metrics/metrics_summary.json"));
  assert.match(summary, /"mean_ap": 0,/);

  await run(track, {}, { dataset, data, results }, at("tracks"));
  const tracked = await run(
    evaluateTracking,
    {},
    { dataset, data, tracks: at("tracks") },
    at("tracking"),
  );
  assert.equal(tracked.filter((event) => event.type === "table").length, 2);
  await Deno.remove(home, { recursive: true });
});

Deno.test("an absent dataset is answered with what to download", async () => {
  const output = await Deno.makeTempDir();
  await assert.rejects(
    run(nuscenes, { root: `${output}/none` }, {}, output),
    (error: Error) => {
      assert.equal(error.name, "UserError");
      assert.match(
        error.message,
        /Found no folder .*none, expected v1.0-trainval/,
      );
      assert.match(
        error.message,
        /from nuscenes.org and unpack it into .*none/,
      );
      assert.match(error.message, /deno task pipeline configs\/mini.yaml/);
      return true;
    },
  );
  await Deno.remove(output, { recursive: true });
});

Deno.test("a split that create-data does not know is refused", async () => {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/dataset.json`, '{"version": "v1.0-mini"}');
  await Deno.mkdir(`${home}/root`);
  await Deno.writeTextFile(`${home}/splits.json`, '{"train": ["scene-0061"]}');
  const inputs = { dataset: home, data: home, results: home };
  await assert.rejects(
    run(evaluate, { split: "validation" }, inputs, home),
    /UserError: Found no split "validation" in create-data's splits.json, which holds train\. Name/,
  );
  await Deno.remove(home, { recursive: true });
});
