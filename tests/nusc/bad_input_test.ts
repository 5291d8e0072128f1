import assert from "node:assert/strict";
import sharp from "sharp";
import { main } from "../../nusc/cli.ts";
import {
  CAMERAS,
  createFrames,
  evaluateDetection,
  openDataset,
  readAllFrames,
  trackResults,
  writeFrames,
  writeResults,
} from "../../nusc/mod.ts";
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

/** Tracks that follow all annotations. */
function perfectTracks(tables: Tables) {
  const { meta, results } = perfectResults(tables);
  const written = new Map<string, number>();
  for (const { sample_token, instance_token } of tables.sample_annotation!) {
    const place = written.get(sample_token) ?? 0;
    written.set(sample_token, place + 1);
    const box = results[sample_token]![place]!;
    box.tracking_id = instance_token;
    box.tracking_name = box.detection_name;
    box.tracking_score = box.detection_score;
  }
  return { meta, results };
}

/** What a command prints about changed tables and results. */
async function run(
  command: "evaluate" | "evaluate-tracking" | "track",
  change: (tables: Tables, results: Record<string, Row[]>) => unknown,
): Promise<{ code: number; out: string; error: string }> {
  const tables = tinyTables();
  const whole = command === "evaluate-tracking"
    ? perfectTracks(tables)
    : perfectResults(tables);
  change(tables, whole.results);
  return await withDataset(tables, async (root) => {
    const path = `${root}/results.json`;
    await Deno.writeTextFile(path, JSON.stringify(whole));
    const flag = command === "track" ? "--detections" : "--results";
    const args = [command, "--root", root, flag, path];
    if (command === "track") args.push("--out", `${root}/tracks.json`);
    let out = "", error = "";
    const code = await main(
      args,
      (text) => out += text,
      (text) => error += text,
    );
    const clean = (text: string) =>
      text.replaceAll(root, "ROOT").replaceAll(/\.json:\d+:\d+/g, ".json:…");
    return { code, out: clean(out), error: clean(error) };
  });
}

/** Asserts the whole message of a command and its exit code. */
async function refuses(
  command: Parameters<typeof run>[0],
  change: Parameters<typeof run>[1],
  message: string,
): Promise<void> {
  const { code, error } = await run(command, change);
  assert.deepEqual([code, error], [2, `error: ${message}\n`]);
}

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
