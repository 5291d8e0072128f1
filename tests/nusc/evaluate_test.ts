import assert from "node:assert/strict";
import {
  type DetectionOptions,
  evaluateDetection,
  openDataset,
} from "../../nusc/mod.ts";
import { main } from "../../nusc/cli.ts";
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

const ALL: DetectionOptions = { split: "mini_val" };

function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-12, `${actual}, not ${expected}`);
}

/** Evaluates results over the tiny dataset; both may have been changed. */
function evaluate(
  results: unknown,
  options: DetectionOptions = ALL,
  tables: Tables = tinyTables(),
) {
  return withDataset(tables, async (root) => {
    const path = `${root}/results_nusc.json`;
    const text = typeof results === "string"
      ? results
      : JSON.stringify(results, null, 1);
    await Deno.writeTextFile(path, text);
    try {
      return evaluateDetection(openDataset(root), path, options);
    } catch (error) {
      (error as Error).message = (error as Error).message
        .replaceAll(root, "ROOT");
      throw error;
    }
  });
}

/** Asserts the message; "…" stands for a line and a column. */
async function refuses(
  results: unknown,
  message: string,
  { options = ALL, tables = tinyTables(), name = "ResultsError" } = {},
): Promise<void> {
  await assert.rejects(evaluate(results, options, tables), (error: Error) => {
    assert.equal(error.name, name);
    const found = error.message.replaceAll(/\.json:\d+:\d+/g, ".json:…");
    assert.equal(found, message);
    return true;
  });
}

function changed(change: (results: Record<string, Row[]>) => void) {
  const results = perfectResults(tinyTables());
  change(results.results);
  return results;
}

const FIRST = sampleToken(SCENES[0]!, 0);
const IN_FIRST = `(sample "${FIRST}", box 1)`;

Deno.test("results equal to the annotations have no errors", async () => {
  const { summary, absent, notes } = await evaluate(
    perfectResults(tinyTables()),
  );
  near(summary.mean_dist_aps.car!, 1);
  near(summary.mean_dist_aps.pedestrian!, 1);
  near(summary.mean_ap, 0.2);
  for (const error of Object.values(summary.label_tp_errors.car!)) {
    assert(error < 1e-12);
  }
  assert.equal(absent.length, 8);
  assert.match(notes.join(), /No ground truth of truck, .* count with AP 0/);
});

Deno.test("absent classes can be left out of the means", async () => {
  const { summary, notes } = await evaluate(perfectResults(tinyTables()), {
    ...ALL,
    absent: "skip",
  });
  near(summary.mean_ap, 1);
  near(summary.nd_score, 1);
  assert.match(notes.join(), /left out of the means/);
});

Deno.test("some scenes and some classes can be evaluated alone", async () => {
  const results = changed((boxes) => {
    boxes[sampleToken(SCENES[1]!, 0)] = [];
    boxes[sampleToken(SCENES[1]!, 1)] = [];
  });
  const one = await evaluate(results, {
    scenes: [SCENES[0]!],
    classes: ["car"],
  });
  near(one.summary.mean_ap, 1);
  assert.deepEqual(Object.keys(one.summary.mean_dist_aps), ["car"]);
  assert.deepEqual(Object.keys(one.details), [
    "car:0.5",
    "car:1.0",
    "car:2.0",
    "car:4.0",
  ]);
  const both = await evaluate(results, { ...ALL, classes: ["car"] });
  assert(both.summary.mean_ap < 0.6);
});

Deno.test("samples that are missing, unknown, extra or twice are named", async () => {
  await refuses(
    changed((boxes) => delete boxes[FIRST]),
    `ROOT/results_nusc.json has no entry for 1 of 4 samples, first "${FIRST}". ` +
      "Run inference over all scenes of the split; a sample without boxes " +
      "needs an empty list",
  );
  await refuses(
    changed((boxes) => boxes.nowhere = []),
    'The results name the sample "nowhere" that is not in the dataset in ' +
      "ROOT/results_nusc.json:… (after 4 samples). Evaluate against the " +
      "version on which inference ran",
  );
  const tables = tinyTables();
  tables.scene![1]!.name = "scene-0061";
  await refuses(
    perfectResults(tinyTables()),
    "ROOT/results_nusc.json has 2 samples that are not in the split, first " +
      `"${sampleToken(SCENES[1]!, 0)}". Evaluate on the split on which ` +
      "inference ran",
    { tables },
  );
  await refuses(
    `{"meta": {}, "results": {"${FIRST}": [], "${FIRST}": []}}`,
    `The results name the sample "${FIRST}" twice in ROOT/results_nusc.json:… ` +
      "(after 1 samples). Put all boxes of a sample into one list",
  );
});

Deno.test("wrong values of a box are named with their place", async () => {
  const again = "Write the results file again";
  const number = (what: string, found: string) =>
    `Found ${found}, expected ${what} in ROOT/results_nusc.json:… ` +
    `${IN_FIRST}. ${again}`;
  const cases: [field: string, value: unknown, message: string][] = [
    [
      "translation",
      [1, "2", 3],
      number("translation as a finite number", '"2"'),
    ],
    ["translation", [1, 2], number("translation with exactly 3 numbers", "]")],
    ["size", [1, 2, 3, 4], number("size with exactly 3 numbers", "4")],
    ["velocity", null, number("velocity as a list […]", "null")],
    ["rotation", "x", number("rotation as a list […]", '"x"')],
    [
      "detection_score",
      "0.5",
      number("detection_score as a finite number", '"0.5"'),
    ],
    ["detection_name", 3, number('detection_name as a string "…"', "3")],
  ];
  for (const [field, value, message] of cases) {
    await refuses(
      changed((boxes) => boxes[FIRST]![0]![field] = value),
      message,
    );
  }
});

Deno.test("names that do not exist are named with those that do", async () => {
  await refuses(
    changed((boxes) => boxes[FIRST]![0]!.detection_name = "tram"),
    'Found the detection_name "tram" in ROOT/results_nusc.json:… ' +
      `${IN_FIRST}. Expected one of car, truck, bus, trailer, ` +
      "construction_vehicle, pedestrian, motorcycle, bicycle, traffic_cone, " +
      "barrier",
  );
  await refuses(
    changed((boxes) => boxes[FIRST]![0]!.attribute_name = "vehicle.flying"),
    'Found the attribute_name "vehicle.flying" in ROOT/results_nusc.json:… ' +
      `${IN_FIRST}. Expected one of pedestrian.moving, ` +
      "pedestrian.sitting_lying_down, pedestrian.standing, cycle.with_rider, " +
      "cycle.without_rider, vehicle.moving, vehicle.parked, vehicle.stopped " +
      "or an empty string",
  );
  await refuses(
    changed((boxes) => delete boxes[FIRST]![0]!.velocity),
    `Found a box without "velocity" in ROOT/results_nusc.json:… ${IN_FIRST}. ` +
      "Write it for every box",
  );
  const other = token("another");
  await refuses(
    changed((boxes) => boxes[FIRST]![0]!.sample_token = other),
    `Found the sample_token "${other}" in a box of the sample "${FIRST}" in ` +
      `ROOT/results_nusc.json:… ${IN_FIRST}. Put every box into the list of ` +
      "its own sample",
  );
});

Deno.test("NaN, Infinity, cut files and too many boxes are refused", async () => {
  const text = JSON.stringify(perfectResults(tinyTables()));
  for (const odd of ["NaN", "Infinity", "-Infinity"]) {
    await refuses(
      text.replace('"detection_score":0.9', `"detection_score":${odd}`),
      `Found ${odd}, expected detection_score as a finite number in ` +
        `ROOT/results_nusc.json:… ${IN_FIRST}. Write finite numbers, and 0 ` +
        "for a velocity that is unknown; a network that yields others has " +
        "diverged",
    );
  }
  await refuses(
    text.slice(0, text.indexOf("detection_score")),
    "The file ends in the middle of a value in ROOT/results_nusc.json:… " +
      `${IN_FIRST}. Write the results file again`,
  );
  await refuses(
    changed((boxes) => {
      boxes[FIRST] = Array.from({ length: 501 }, () => boxes[FIRST]![0]!);
    }),
    "Found more than 500 boxes in one sample in ROOT/results_nusc.json:… " +
      `(sample "${FIRST}", box 501). Keep the boxes with the highest scores`,
  );
  await refuses(
    '{"results": {}}',
    'Found no "meta" in the results in ROOT/results_nusc.json:…. Expected ' +
      '{"meta": {…}, "results": {sample token: [boxes]}}',
  );
});

Deno.test("scenes and splits that are not there are named", async () => {
  const results = perfectResults(tinyTables());
  const holds = "which holds scene-0103, scene-0916";
  await refuses(
    results,
    `Found no scene scene-0001 in ROOT/v1.0-mini/scene.json, ${holds}. ` +
      "Name scenes of this version",
    { options: { scenes: ["scene-0001"] }, name: "DatasetError" },
  );
  await refuses(
    results,
    "The split val belongs to v1.0-trainval, but the tables are of " +
      "v1.0-mini. Name another split or another version",
    { options: { split: "val" }, name: "DatasetError" },
  );
  await refuses(
    results,
    `None of the 8 scenes of mini_train is in ROOT/v1.0-mini/scene.json, ` +
      `${holds}. Unpack the metadata archive again or name another split`,
    { options: { split: "mini_train" }, name: "DatasetError" },
  );
  const { notes } = await withDataset(tinyTables(), async (root) => {
    const tables = tinyTables();
    tables.scene![1]!.name = "scene-0001";
    await Deno.writeTextFile(
      `${root}/v1.0-mini/scene.json`,
      JSON.stringify(tables.scene),
    );
    const few = changed((boxes) => {
      delete boxes[sampleToken(SCENES[1]!, 0)];
      delete boxes[sampleToken(SCENES[1]!, 1)];
    });
    await Deno.writeTextFile(`${root}/r.json`, JSON.stringify(few));
    return evaluateDetection(openDataset(root), `${root}/r.json`, ALL);
  });
  assert.match(
    notes[0]!,
    /scene.json holds 1 of the 2 scenes of mini_val, not scene-0916\. These/,
  );
});

Deno.test("the command prints a user's mistake and exits with 2", async () => {
  await withDataset(tinyTables(), async (root) => {
    let told = "";
    const args = ["evaluate", "--root", root, "--results", `${root}/none.json`];
    const code = await main(args, () => {}, (text) => told += text);
    assert.equal(code, 2);
    assert.equal(
      told,
      `error: Found no file ${root}/none.json, expected detection results. ` +
        "Name the file that inference wrote\n",
    );
  });
});
