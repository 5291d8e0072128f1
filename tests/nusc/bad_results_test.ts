import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  evaluateDetection,
  openDataset,
  writeResults,
} from "../../nusc/mod.ts";
import { readResults } from "../../nusc/results/mod.ts";
import { perfectTracks, refuses, run } from "./refuse.ts";
import {
  perfectResults,
  type Row,
  sampleToken,
  SCENES,
  type Tables,
  tinyTables,
  token,
  withDataset,
} from "./tiny.ts";

const CLI = new URL("../../nusc/cli.ts", import.meta.url).pathname;
const FIRST = sampleToken(SCENES[0]!, 0);

Deno.test("a file that fails half way leaves the old one as it was", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/results.json`;
  await Deno.writeTextFile(path, "old");
  async function* failing() {
    yield { token: "a", boxes: [] };
    await Promise.reject(new Error("no power"));
  }
  await assert.rejects(writeResults(path, failing()), /no power/);
  assert.equal(await Deno.readTextFile(path), "old");
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [
    "results.json",
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a full disk is told in a line and leaves old files whole", async () => {
  const tables = tinyTables();
  await withDataset(tables, async (root) => {
    const results = `${root}/results.json`;
    await Deno.writeTextFile(results, JSON.stringify(perfectResults(tables)));
    const cases = [
      ["track", "--detections", results, "--out", `${root}/t.json`],
      ["evaluate", "--results", results, "--curves", `${root}/c.csv`],
      ["evaluate", "--results", results, "--out", root],
      ["create-data", "--no-files", "--out", `${root}/i.jsonl`],
    ];
    for (const [name, ...args] of cases) {
      const out = args.at(-1) === root
        ? `${root}/metrics_details.json`
        : args.at(-1)!;
      await Deno.writeTextFile(out, "old");
      await Deno.symlink("/dev/full", `${out}.part`);
      // Only a process that may do anything can write there.
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--allow-all", CLI, name!, "--root", root]
          .concat(args),
      }).output();
      assert.deepEqual([code, new TextDecoder().decode(stderr)], [
        1,
        `error: Cannot write ${out}: the disk is full. Free some space and ` +
        "run again\n",
      ]);
      assert.equal(await Deno.readTextFile(out), "old");
      const left = [...Deno.readDirSync(root)].map((entry) => entry.name);
      assert.deepEqual(left.filter((file) => file.endsWith(".part")), []);
    }
    assert(!existsSync(`${root}/metrics_summary.json`));
  });
});

/** Moves all boxes. */
function moved(where: (at: number[]) => number[]) {
  return (_: Tables, results: Record<string, Row[]>) => {
    for (const box of Object.values(results).flat()) {
      box.translation = where(box.translation);
    }
  };
}

Deno.test("boxes in a wrong frame are refused with the likely cause", async () => {
  const far = (box: string) =>
    "8 of 8 boxes of ROOT/results.json lie more than 150 m from the ego " +
    `vehicle (first in the sample "${FIRST}": the box at ${box}, the ego at ` +
    "[100, 50]), expected boxes in the global frame. ";
  for (const command of ["evaluate", "evaluate-tracking", "track"] as const) {
    await refuses(
      command,
      moved(([x, y, z]) => [x! + 1000, y!, z!]),
      far("[1110, 50]") +
        "All are shifted by about [1010, 10] m: check which " +
        "origin was added or subtracted, and that boxes and poses are of one " +
        "scene",
    );
  }
  const away = (tables: Tables) => {
    for (const pose of tables.ego_pose!) pose.translation = [400, 1000, 0];
  };
  const elsewhere = (at: number[]) => async () =>
    await run("evaluate", (tables, results) => {
      away(tables);
      moved(() => at)(tables, results);
    });
  const frame = await elsewhere([12, -8, 1])();
  assert.match(frame.error, /in the ego or the LiDAR frame: transform them/);
  const exchanged = await elsewhere([1010, 390, 1])();
  assert.match(exchanged.error, /With x and y exchanged they would be near/);
  let turn = 0;
  const scattered = await run("evaluate", (tables, results) => {
    away(tables);
    moved(() => [3000 * (turn++ % 3), 5000, 0])(tables, results);
  });
  assert.match(scattered.error, /by the poses of other samples/);
});

Deno.test("a few boxes far away are a note, not an error", async () => {
  const { code, out } = await run("evaluate", (_, results) => {
    results[FIRST]![0]!.translation = [900, 50, 1];
  });
  assert.equal(code, 0);
  assert.match(
    out,
    /note: 1 of 8 boxes of ROOT\/results.json .* at \[900, 50\].* not count\n/,
  );
});

Deno.test("ids that are numbers are read as strings, with a note", async () => {
  const { code, out } = await run("evaluate-tracking", (tables, results) => {
    const ids = tables.instance!.map((row) => row.token);
    for (const box of Object.values(results).flat()) {
      box.tracking_id = ids.indexOf(box.tracking_id) + 40;
    }
  });
  assert.equal(code, 0);
  assert.match(out, /note: Found tracking_id as a number \(40 in the first/);
  const car = out.split("\n").find((line) => line.startsWith("car"))!;
  assert.equal(car.split(/ +/)[1], "1", car);
});

Deno.test("ids of 64 bits stay apart, and others than texts are refused", async () => {
  const first = "9007199254740993";
  const tables = tinyTables();
  const { meta, results } = perfectTracks(tables);
  // Two cars beside each other in the place of the car.
  const boxes = results[FIRST]!;
  const twin = { ...boxes[0]!, tracking_id: "TWIN" };
  boxes[0]!.tracking_id = "FIRST";
  boxes.push(twin);
  const text = JSON.stringify({ meta, results });
  await withDataset(tables, async (root) => {
    const path = `${root}/results.json`;
    const read = async (one: string, two: string) => {
      await Deno.writeTextFile(
        path,
        text.replace('"FIRST"', one).replace('"TWIN"', two),
      );
      const { index } = openDataset(root).samples;
      return readResults(path, "tracking", index).boxes.trackIds;
    };
    const ids = await read(first, "9007199254740992");
    assert(ids.includes(first) && ids.includes("9007199254740992"));
    assert((await read("1.0", "2")).includes("1"));
    for (const wrong of ["null", "true", "[1]", "{}"]) {
      await assert.rejects(
        read(wrong, "2"),
        /Found (null|true|\[1|\{), expected tracking_id as a string in/,
      );
    }
  });
});

Deno.test("velocities that are NaN are refused, and told to be 0", async () => {
  const tables = tinyTables();
  const text = JSON.stringify(perfectResults(tables))
    .replace('"velocity":[0,1]', '"velocity":[NaN,NaN]');
  await withDataset(tables, async (root) => {
    await Deno.writeTextFile(`${root}/results.json`, text);
    assert.throws(
      () =>
        evaluateDetection(openDataset(root), `${root}/results.json`, {
          split: "mini_val",
        }),
      /Found NaN, expected velocity as a finite number in .*results\.json:1:\d+ \(sample "[0-9a-f]{32}", box 2\)\. Write finite numbers, and 0 for/,
    );
  });
});

Deno.test("an id that two objects of a class share is refused", async () => {
  await refuses(
    "evaluate-tracking",
    (_, results) => {
      results[FIRST]!.push({ ...results[FIRST]![0]! });
    },
    `Found the tracking_id "${token(`car ${SCENES[0]}`)}" twice among the ` +
      "boxes of class car of one sample in ROOT/results.json:… (sample " +
      `"${FIRST}", box 3). Give each object of a scene an id of its own`,
  );
});

Deno.test("boxes without size or orientation are refused", async () => {
  await refuses(
    "evaluate",
    (_, results) => results[FIRST]![0]!.rotation = [0, 0, 0, 0],
    `Found a rotation of length 0 in ROOT/results.json:… (sample "${FIRST}", ` +
      "box 1). Write quaternions as w, x, y, z; [1, 0, 0, 0] turns nothing",
  );
  await refuses(
    "evaluate",
    (_, results) => results[FIRST]![0]!.size = [2, -4.5, 1.6],
    "Found the size [2, -4.5, 1.6] of a matched result (translation " +
      "[110, 50, 1]), expected metres above 0. Write sizes as width, length, " +
      "height",
  );
});
