import assert from "node:assert/strict";
import { main } from "../../nusc/cli.ts";
import { readAllFrames } from "../../nusc/mod.ts";
import { type Row, TINY, withWorld } from "../world/support.ts";

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
    assert.match(
      few.error,
      /--max-sweeps .* Found "-1", expected a whole number from 0/,
    );
  });
});

Deno.test("check follows references that no other command follows", async () => {
  const gone = "0".repeat(32);
  const changes: [string, (row: Row) => void, RegExp][] = [
    [
      "scene",
      (row) => row.log_token = gone,
      /No row of log.json has the token "0+" that log_token of the scene/,
    ],
    [
      "map",
      (row) => row.log_tokens = [gone],
      /No row of log.json has the token "0+" that log_tokens of the map/,
    ],
    [
      "instance",
      (row) => row.last_annotation_token = gone,
      /last_annotation_token of the instance "\w+" in ROOT\/v1.0-mini\/instance.json names "0+", which is no annotation of it/,
    ],
  ];
  await withWorld(TINY, async ({ root, tables }) => {
    for (const [name, change, message] of changes) {
      const path = `${root}/v1.0-mini/${name}.json`;
      const whole = await Deno.readTextFile(path);
      const rows = structuredClone(tables[name]!);
      change(rows[0]!);
      await Deno.writeTextFile(path, JSON.stringify(rows));
      const { code, error } = await run(root, "check");
      assert.equal(code, 2);
      assert.match(error, message);
      await Deno.writeTextFile(path, whole);
    }
    assert.equal((await run(root, "check")).code, 0);
  });
});

Deno.test("check counts sweeps, and misses none that is absent", async () => {
  await withWorld({ ...TINY, sweeps: true }, async ({ root, tables }) => {
    const whole = await run(root, "check");
    const sweeps = tables.sample_data!.filter((row) => !row.is_key_frame);
    assert(sweeps.length > 20);
    assert(
      whole.out.endsWith(
        `All files of ${sweeps.length} sweeps are there too\n`,
      ),
    );
    const [, lost] = sweeps;
    await Deno.remove(`${root}/${lost!.filename}`);
    const { code, out } = await run(root, "check");
    assert.equal(code, 0);
    assert(out.includes(
      `note: Found no file for 1 of ${sweeps.length} sweeps between key ` +
        `frames, first ROOT/${lost!.filename}.`,
    ));
  });
});

Deno.test("counts that are no counts are refused before any work", async () => {
  const cases = [
    ["track --detections x --out y --max-age 0", "a whole number from 1"],
    ["track --detections x --out y --max-age 1.5", "a whole number from 1"],
    ["render --out x.png --index -1", "a whole number from 0"],
    ["render --out x.png --width 8", "a whole number from 16"],
    ["check-geometry --samples 0", "a whole number from 1"],
    ["check-geometry --bound 0", "a number above 0"],
    ["check-geometry --bound x", "a number"],
  ];
  for (const [line, wanted] of cases) {
    const { code, error } = await run("nowhere", ...line!.split(" "));
    assert.equal(code, 2);
    assert(error.endsWith(`, expected ${wanted}\n`), error);
  }
});
