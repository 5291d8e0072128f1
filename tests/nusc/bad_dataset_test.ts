import assert from "node:assert/strict";
import sharp from "sharp";
import {
  CAMERAS,
  createFrames,
  openDataset,
  readAllFrames,
  trackResults,
  writeFrames,
} from "../../nusc/mod.ts";
import { refuses, run } from "./refuse.ts";
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

const FIRST = sampleToken(SCENES[0]!, 0);
const SECOND = sampleToken(SCENES[0]!, 1);
const REMEDY = "Unpack scene.json and sample.json of one version again into " +
  "the same folder";
const BROKEN = `The samples of ${SCENES[0]} are no chain in time: `;
const ROW = (row: number, token: string) =>
  `row ${row} of ROOT/v1.0-mini/sample.json (token "${token}")`;

Deno.test("a token that stands twice in a table is named with both rows", async () => {
  const copies: [table: string, row: number, rows: string][] = [
    ["sample", 0, "row 1 and row 5"],
    ["sample_data", 3, "row 4 and row 29"],
    ["ego_pose", 1, "row 2 and row 29"],
    ["sample_annotation", 7, "row 8 and row 9"],
    ["instance", 0, "row 1 and row 5"],
  ];
  for (const [table, row, rows] of copies) {
    const twice = tinyTables()[table]![row]!.token;
    await refuses(
      "evaluate",
      (tables) => tables[table]!.push({ ...tables[table]![row]! }),
      `Found the token "${twice}" twice in ROOT/v1.0-mini/${table}.json: in ` +
        `${rows}, expected tokens that name one row each. Unpack this table ` +
        "again from the dataset's archive; if you merged tables, drop rows " +
        "that stand in both",
    );
  }
});

Deno.test("samples out of order are named, whatever is asked of them", async () => {
  const gone = token("gone");
  const cases: [(tables: Tables) => unknown, string][] = [
    [
      (tables) => tables.sample![0]!.next = gone,
      `next of ${ROW(1, FIRST)} names "${gone}", which is no sample`,
    ],
    [
      (tables) => tables.scene![0]!.first_sample_token = gone,
      `first_sample_token of ${SCENES[0]} in ROOT/v1.0-mini/scene.json names ` +
      `"${gone}", which is no sample`,
    ],
    [
      (tables) => tables.sample![1]!.next = FIRST,
      `next of ${ROW(2, SECOND)} leads back to "${FIRST}"`,
    ],
    [
      (tables) => tables.sample![1]!.prev = "",
      `prev of ${ROW(2, SECOND)} is "", but it comes behind "${FIRST}"`,
    ],
    [
      (tables) => tables.sample![0]!.prev = SECOND,
      `prev of ${ROW(1, FIRST)} is "${SECOND}", but it comes first`,
    ],
    [
      (tables) => tables.sample![1]!.timestamp -= 600_000,
      `${ROW(2, SECOND)} has the timestamp 1531999999900000, 100000 ` +
      "microseconds before that of its prev",
    ],
    [
      (tables) => tables.sample![0]!.next = "",
      `no next leads to ${ROW(2, SECOND)}`,
    ],
    [
      (tables) => tables.sample![1]!.scene_token = token(SCENES[1]!),
      `${ROW(2, SECOND)} belongs to ${SCENES[1]}`,
    ],
  ];
  for (const [change, problem] of cases) {
    for (const command of ["evaluate", "evaluate-tracking", "track"] as const) {
      await refuses(command, change, `${BROKEN}${problem}. ${REMEDY}`);
    }
  }
});

Deno.test("a scene that is cut short is no smaller split", async () => {
  await refuses(
    "evaluate",
    (tables) => tables.scene![0]!.nbr_samples = 3,
    `${SCENES[0]} is cut short: ROOT/v1.0-mini/sample.json holds 2 of the 3 ` +
      `samples that scene.json counts and ends with "${SECOND}", expected ` +
      `"${SECOND}". ${REMEDY}, or choose other scenes`,
  );
  const gone = sampleToken(SCENES[1]!, 0);
  await refuses(
    "evaluate",
    (tables, results) => {
      const left = (row: Row) => row.scene_token !== token(SCENES[1]!);
      tables.sample = tables.sample!.filter(left);
      const known = new Set(tables.sample.map((row) => row.token));
      for (const name of ["sample_data", "sample_annotation"]) {
        tables[name] = tables[name]!.filter((row) =>
          known.has(row.sample_token)
        );
      }
      for (const key of Object.keys(results)) {
        if (!known.has(key)) delete results[key];
      }
    },
    `The samples of ${SCENES[1]} are no chain in time: first_sample_token of ` +
      `${SCENES[1]} in ROOT/v1.0-mini/scene.json names "${gone}", which is ` +
      `no sample. ${REMEDY}`,
  );
  const tables = tinyTables();
  tables.sample![0]!.next = "";
  tables.sample!.splice(1, 1);
  for (const name of ["sample_data", "sample_annotation"]) {
    const cut = tables[name]!.filter((row) => row.sample_token !== SECOND);
    tables[name] = cut.map((row) => ({ ...row, prev: "", next: "" }));
  }
  await withDataset(tables, async (root) => {
    const dataset = openDataset(root);
    const frames = createFrames(dataset, dataset.samplesOf([SCENES[0]!]));
    await assert.rejects(
      frames.next(),
      /scene-0103 is cut short: .* holds 1 of the 2 samples that scene.json/,
    );
  });
});

Deno.test("two scenes of one name are refused", async () => {
  await refuses(
    "evaluate",
    (tables) => tables.scene![1]!.name = SCENES[0],
    `Found the scene ${SCENES[0]} twice in ROOT/v1.0-mini/scene.json: in row ` +
      "1 and row 2, expected names that differ. Unpack this table again from " +
      "the dataset's archive",
  );
});

Deno.test("annotations may lack their visibility", async () => {
  const { code, error } = await run("evaluate", (tables) => {
    delete tables.sample_annotation![0]!.visibility_token;
    tables.sample_annotation![1]!.visibility_token = "";
  });
  assert.deepEqual([code, error], [0, ""]);
});

Deno.test("a dataset without annotations cannot be evaluated on", async () => {
  for (const command of ["evaluate", "evaluate-tracking"] as const) {
    await refuses(
      command,
      (tables) => {
        tables.sample_annotation = [];
        tables.instance = [];
      },
      "Found no annotations in ROOT/v1.0-mini/sample_annotation.json, " +
        "expected ground truth to evaluate against. nuScenes keeps that of " +
        "v1.0-test: submit the results to its server, or evaluate on val",
    );
  }
});

Deno.test("two key frames of one sensor in a sample are named", async () => {
  await refuses(
    "evaluate",
    (tables) => tables.sample_data![9]!.sample_token = FIRST,
    `Found two key frames of CAM_FRONT_LEFT for the sample "${FIRST}" in ` +
      "ROOT/v1.0-mini/sample_data.json: row 3 (token " +
      `"${token("sd scene-0103 0 CAM_FRONT_LEFT")}") and row 10 (token ` +
      `"${token("sd scene-0103 1 CAM_FRONT_LEFT")}"). Unpack this table ` +
      "again from the dataset's archive",
  );
});

Deno.test("all damaged images are named at once, with what is wrong", async () => {
  await withDataset(tinyTables(), async (root) => {
    const image = await sharp({
      create: { width: 64, height: 36, channels: 3, background: "red" },
    }).jpeg().toBuffer();
    const file = (channel: string, name: string) =>
      `${root}/samples/${channel}/scene-${name}.jpg`;
    for (const channel of [...CAMERAS, "LIDAR_TOP"]) {
      await Deno.mkdir(`${root}/samples/${channel}`, { recursive: true });
      for (const name of ["0103_0", "0103_1", "0916_0", "0916_1"]) {
        await Deno.writeFile(file(channel, name), image);
      }
    }
    const half = image.subarray(0, image.length - 100);
    await Deno.writeFile(file("CAM_BACK", "0103_1"), half);
    await Deno.writeFile(file("CAM_FRONT", "0916_1"), new Uint8Array());
    const dataset = openDataset(root);
    const samples = [...dataset.samples.rows.keys()];
    await assert.rejects(
      Array.fromAsync(createFrames(dataset, samples)),
      (error: Error) => {
        assert.equal(
          error.message.replaceAll(root, "ROOT"),
          "Found 2 damaged among 24 images:\n" +
            "  ROOT/samples/CAM_BACK/scene-0103_1.jpg: Found no end of a " +
            "JPEG (the file is cut off)\n" +
            "  ROOT/samples/CAM_FRONT/scene-0916_1.jpg: Found no JPEG " +
            "header (the file is empty, cut off or no image)\n" +
            "Copy these files again from the dataset's archives, or choose " +
            "other scenes",
        );
        return true;
      },
    );
  });
});

Deno.test("tracks follow time, whatever the table's order was", async () => {
  const tracked = async (change: (tables: Tables) => void) => {
    const tables = tinyTables();
    change(tables);
    return await withDataset(tables, async (root) => {
      const path = `${root}/results.json`;
      await Deno.writeTextFile(
        path,
        JSON.stringify(perfectResults(tinyTables())),
      );
      const out = `${root}/tracks.json`;
      await trackResults(openDataset(root), path, out, { split: "mini_val" });
      return JSON.parse(await Deno.readTextFile(out)).results;
    });
  };
  const expected = await tracked(() => {});
  assert.equal(expected[SECOND].length, 2);
  assert.deepEqual(
    await tracked((tables) => tables.sample!.reverse()),
    expected,
  );
});

Deno.test("frames come in time, whatever the table's order was", async () => {
  const tables = tinyTables();
  tables.sample!.reverse();
  await withDataset(tables, async (root) => {
    const dataset = openDataset(root);
    const samples = [...dataset.samples.rows.keys()];
    const path = `${root}/infos.jsonl`;
    const options = { checkFiles: false };
    await writeFrames(path, createFrames(dataset, samples, options));
    assert.deepEqual(
      (await readAllFrames(path)).map((frame) => frame.token),
      [SCENES[1]!, SCENES[0]!].flatMap((scene) => [
        sampleToken(scene, 0),
        sampleToken(scene, 1),
      ]),
    );
  });
});
