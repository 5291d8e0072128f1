import assert from "node:assert/strict";
import { main } from "../../nusc/cli.ts";
import { readAllFrames } from "../../nusc/mod.ts";
import { TINY, withWorld } from "../world/support.ts";

/** Runs a command over a dataset whose root stands for ROOT in what it says. */
async function run(root: string, ...args: string[]) {
  let out = "", error = "";
  const code = await main(
    [args[0]!, "--root", root, ...args.slice(1)],
    (text) => out += text,
    (text) => error += text,
  );
  const clean = (text: string) => text.replaceAll(root, "ROOT");
  return { code, out: clean(out), error: clean(error) };
}

Deno.test("check says what a dataset holds and whether it is whole", async () => {
  await withWorld(TINY, async ({ root, tables }) => {
    const whole = await run(root, "check", "--images");
    assert.equal(whole.code, 0, whole.error);
    assert.match(whole.out, /sample_annotation +\d+\n/);
    assert.match(whole.out, /mini_train +1 of 8\nmini_val +1 of 2\n/);
    assert.match(whole.out, /Tables are whole, 2 scenes are in order\n/);
    assert.match(whole.out, /of 6 samples are there and whole\n$/);

    const images = tables.sample_data!.map(({ filename }) => filename)
      .filter((name) => name.includes("CAM_BACK_LEFT"));
    const [first, second] = images;
    await Deno.truncate(`${root}/${first}`, 900);
    assert.equal((await run(root, "check")).code, 0);
    const cut = await run(root, "check", "--images");
    assert.equal(cut.code, 2);
    assert.match(cut.error, /^error: Found 1 damaged among 36 images:\n/);
    assert(cut.error.includes(`ROOT/${first}: Found no end of a JPEG`));

    await Deno.remove(`${root}/${second}`);
    const absent = await run(root, "check");
    assert.match(absent.error, /^error: Found no file for 1 of 42 sensor/);
    assert(absent.error.includes(`\n  ROOT/${second}\nUnpack all sensor`));

    const unknown = await run(root, "check", "--scenes", "scene-0001");
    assert.match(unknown.error, /^error: Found no scene scene-0001 in ROOT/);
    await Deno.writeTextFile(`${root}/v1.0-mini/log.json`, "[");
    const damaged = await run(root, "check");
    assert.match(
      damaged.error,
      /The file ends in .* ROOT.*log\.json:1:2 \(row/,
    );
  });
});

Deno.test("create-data writes the frames of a split or of scenes", async () => {
  await withWorld(TINY, async ({ root }) => {
    const out = `${root}/new/infos.jsonl`;
    const made = await run(root, "create-data", "--out", out);
    assert.equal(made.code, 0, made.error);
    assert.match(
      made.out,
      /^note: .* holds 1 of the 2 scenes of mini_val.*\nWrote ROOT\/new\/infos.jsonl: 3 key frames, [\d.]+ ms each\n$/,
    );
    const frames = await readAllFrames(out);
    assert.deepEqual(frames.map((frame) => frame.frame_idx), [0, 1, 2]);
    assert.equal(frames[0]!.cams.CAM_FRONT.width, 160);
    await Deno.remove(`${root}/samples`, { recursive: true });
    const train = ["create-data", "--split", "mini_train", "--out", out];
    const absent = await run(root, ...train);
    assert.match(absent.error, /^error: Found no file for 21 of 21 sensor rea/);
    const tables = await run(root, ...train, "--no-files");
    assert.equal(tables.code, 0, tables.error);
    assert.equal((await readAllFrames(out)).length, 3);
    const few = await run(root, ...train, "--max-sweeps", "-1");
    assert.match(few.error, /Found --max-sweeps -1, expected 0 or more/);
  });
});
