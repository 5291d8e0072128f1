import assert from "node:assert/strict";
import { main } from "../../nusc/cli.ts";
import {
  evaluateDetection,
  evaluateTracking,
  openDataset,
} from "../../nusc/mod.ts";
import { detectionCurves } from "../../nusc/eval/detection/mod.ts";
import { golden, goldenFolder } from "./support.ts";
import { perfectResults, SCENES, tinyTables, withDataset } from "./tiny.ts";

const DETECTIONS = "detection/detection_results.json";
const TRACKS = "tracking/tracking_results.json";

/** Runs a command over the recorded dataset. */
async function run(...args: string[]) {
  let out = "", error = "";
  const code = await main(
    [args[0]!, "--root", `${goldenFolder()}/db`, ...args.slice(1)],
    (text) => out += text,
    (text) => error += text,
  );
  return { code, out, error };
}

function open() {
  return openDataset(`${goldenFolder()}/db`, "v1.0-mini");
}

Deno.test("one class alone has the numbers that it has among all", () => {
  const path = `${goldenFolder()}/${DETECTIONS}`;
  const recorded = golden("detection/metrics_summary.json");
  for (const name of ["pedestrian", "barrier"] as const) {
    const { summary, details } = evaluateDetection(open(), path, {
      split: "mini_val",
      classes: [name],
    });
    const off = summary.mean_ap - recorded.mean_dist_aps[name];
    assert(Math.abs(off) < 1e-9, `${name}: ${off}`);
    assert.deepEqual(Object.keys(summary.cfg.class_range), [name]);
    const curves = golden("detection/metrics_details.json");
    for (const [key, own] of Object.entries(details)) {
      for (const [curve, values] of Object.entries(own)) {
        const far = [...values].filter((value, i) =>
          Math.abs(value - curves[key][curve][i]) > 1e-9
        );
        assert.equal(far.length, 0, `${key} ${curve}`);
      }
    }
  }
  const tracked = evaluateTracking(open(), `${goldenFolder()}/${TRACKS}`, {
    split: "mini_val",
    classes: ["car"],
  });
  const known = golden("tracking/metrics_summary.json").label_metrics;
  assert.equal(tracked.summary.tp, known.tp.car);
  assert(Math.abs(tracked.summary.amota - known.amota.car) < 1e-9);
  assert.deepEqual(tracked.summary.cfg.tracking_names, ["car"]);
});

Deno.test("scenes add up to the split that they make", () => {
  const path = `${goldenFolder()}/${DETECTIONS}`;
  const scenes = ["scene-0103", "scene-0916"];
  const all = evaluateDetection(open(), path, { split: "mini_val" });
  const both = evaluateDetection(open(), path, { scenes });
  assert.deepEqual(both.summary.label_aps, all.summary.label_aps);
  const parts = scenes.map((scene) =>
    evaluateDetection(open(), path, { scenes: [scene] }).counts.truth.racks
  );
  assert.equal(parts[0]! + parts[1]!, all.counts.truth.racks);
});

Deno.test("absent classes are named, with the means of the others", async () => {
  const tables = tinyTables();
  await withDataset(tables, async (root) => {
    const path = `${root}/results.json`;
    const results = perfectResults(tables);
    await Deno.writeTextFile(path, JSON.stringify(results));
    const dataset = openDataset(root);
    const { notes, absent } = evaluateDetection(dataset, path, {
      scenes: [SCENES[0]!],
      classes: ["car", "bus"],
    });
    assert.deepEqual(absent, ["bus"]);
    assert.deepEqual(notes, [
      "No ground truth of bus: these count with AP 0 and errors 1, as in the " +
      "devkit; over the other classes mAP is 1.0000 and NDS 1.0000",
    ]);
    let id = 0;
    for (const box of Object.values(results.results).flat()) {
      box.tracking_id = `${id++}`;
      box.tracking_name = box.detection_name;
      box.tracking_score = 0.5;
    }
    await Deno.writeTextFile(path, JSON.stringify(results));
    const tracked = evaluateTracking(dataset, path, {
      split: "mini_val",
      classes: ["car", "bus", "truck"],
    });
    assert.deepEqual(tracked.absent, ["bus", "truck"]);
    assert.deepEqual(tracked.notes, [
      "No ground truth of bus, truck: these are left out of all means and " +
      "sums, as in the devkit",
    ]);
  });
});

Deno.test("splits of the dataset's own are found beside its tables", async () => {
  const tables = tinyTables();
  await withDataset(tables, async (root) => {
    const path = `${root}/results.json`;
    await Deno.writeTextFile(path, JSON.stringify(perfectResults(tables)));
    const own = `${root}/v1.0-mini/splits.json`;
    const of = (split: string) =>
      evaluateDetection(openDataset(root), path, { split });
    await Deno.writeTextFile(
      own,
      JSON.stringify({ night: [SCENES[1]], none: ["scene-0001"] }),
    );
    assert.equal(of("night").counts.truth.all, 4);
    assert.throws(
      () => of("none"),
      /Found no scene scene-0001, which the split none of .*splits.json names/,
    );
    assert.throws(
      () => of("nihgt"),
      /"nihgt", expected one of .*, night, none/,
    );
    for (const name of ["constructor", "toString", "__proto__"]) {
      assert.throws(() => of(name), /expected one of .*, night, none/);
    }
    await Deno.writeTextFile(own, `\ufeff{"day": ["${SCENES[0]}"]}`);
    assert.equal(of("day").counts.truth.all, 4);
    await Deno.writeTextFile(own, '{"night": "scene-0103"}');
    assert.throws(() => of("night"), /Found another form in .*splits.json/);
  });
});

Deno.test("of equal scores the file's last is first; in an own split the table's", async () => {
  // As the devkit's load_prediction and load_prediction_of_sample_tokens do.
  const tables = tinyTables();
  const { meta, results } = perfectResults(tables);
  const last = tables.sample!.at(-1)!.token;
  for (const box of Object.values(results).flat()) box.detection_score = 0.5;
  for (const box of results[last]!) box.translation = [120, 50, 1];
  await withDataset(tables, async (root) => {
    await Deno.writeTextFile(
      `${root}/v1.0-mini/splits.json`,
      JSON.stringify({ own: SCENES }),
    );
    const precisionOf = async (split: string, turned: boolean) => {
      const entries = Object.entries(results);
      if (turned) entries.reverse();
      await Deno.writeTextFile(
        `${root}/results.json`,
        JSON.stringify({ meta, results: Object.fromEntries(entries) }),
      );
      const path = `${root}/results.json`;
      const { details } = evaluateDetection(openDataset(root), path, { split });
      return details["car:0.5"]!.precision[25]!;
    };
    // The last sample's car is a false alarm.
    assert.equal(await precisionOf("mini_val", false), 0.5);
    assert.equal(await precisionOf("mini_val", true), 1);
    assert.equal(await precisionOf("own", false), 0.5);
    assert.equal(await precisionOf("own", true), 0.5);
  });
});

Deno.test("curves are written as rows, with the numbers of the details", async () => {
  const out = await Deno.makeTempDir();
  const { code } = await run(
    "evaluate",
    "--results",
    `${goldenFolder()}/${DETECTIONS}`,
    "--curves",
    `${out}/new/curves.csv`,
  );
  assert.equal(code, 0);
  const text = await Deno.readTextFile(`${out}/new/curves.csv`);
  const [head, ...rows] = text.trimEnd().split("\n").map((line) =>
    line.split(",")
  );
  assert.equal(rows.length, 10 * 4 * 101);
  const recorded = golden("detection/metrics_details.json");
  const step = rows.find((row) =>
    row[0] === "car" && row[1] === "2" && row[2] === "0.5"
  )!;
  head!.slice(2).forEach((name, i) => {
    const wanted = recorded["car:2.0"][name][50];
    assert(Math.abs(Number(step[i + 2]) - wanted) < 1e-9, name);
  });
  const { details } = evaluateDetection(
    open(),
    `${goldenFolder()}/${DETECTIONS}`,
    { split: "mini_val" },
  );
  assert.deepEqual(detectionCurves(details).columns, head);
  await run(
    "evaluate-tracking",
    "--results",
    `${goldenFolder()}/${TRACKS}`,
    "--curves",
    `${out}/tracks.json`,
  );
  const tracks = JSON.parse(await Deno.readTextFile(`${out}/tracks.json`));
  assert.equal(tracks.length, 7 * 40);
  const car = golden("tracking/metrics_details.json").car;
  // deno-lint-ignore no-explicit-any -- rows as a stranger reads them
  const own = tracks.filter((row: any) => row.class === "car");
  // deno-lint-ignore no-explicit-any -- likewise
  assert.deepEqual(own.map((row: any) => row.fp), car.fp);
  await Deno.remove(out, { recursive: true });
});

Deno.test("mistakes on the command line end with 2 and one message", async () => {
  const out = await Deno.makeTempDir();
  await Deno.writeTextFile(`${out}/file`, "");
  const results = ["--results", `${goldenFolder()}/${DETECTIONS}`];
  const cases: [string[], RegExp][] = [
    [["evalaute"], /^error: unknown (command|option)/],
    [["evaluate"], /^error: required option '--results <file>' not specified/],
    [["track", "--min-score", "low"], /Found "low", expected a number/],
    [
      ["evaluate", ...results, "--curves", `${out}/curves.png`],
      /^error: Cannot write curves to .*the ending is ".png", expected .csv or/,
    ],
    [
      ["evaluate", ...results, "--out", `${out}/file/below`],
      /^error: Cannot mkdir .*below: a part of the path is a file\. Name a fol/,
    ],
    [
      ["evaluate", "--results", out],
      /^error: Found no file .*, expected detection results/,
    ],
    [
      ["evaluate", ...results, "--classes", "tram"],
      /^error: Found the class tram, expected some of car, truck/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, error } = await run(...args);
    assert.match(error, message);
    assert.equal(code, 2, error);
  }
  const help = await run("evaluate", "--help");
  assert.equal(help.code, 0);
  assert.match(help.out, /Usage: nusc evaluate/);
  await Deno.remove(out, { recursive: true });
});
