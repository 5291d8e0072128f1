import assert from "node:assert/strict";
import {
  DETECTION_NAMES,
  evaluateDetection,
  openDataset,
} from "../../nusc/mod.ts";
import { main } from "../../nusc/cli.ts";
import { BoxFilter } from "../../nusc/eval/common/filter.ts";
import { truthBoxes } from "../../nusc/eval/common/truth.ts";
import { CLASS_RANGE } from "../../nusc/categories.ts";
import { readResults } from "../../nusc/results/mod.ts";
import { boxVelocity } from "../../nusc/tables/mod.ts";
import {
  compare,
  golden,
  goldenFolder,
  holds,
  parsePython,
} from "./support.ts";

const RESULTS = "detection/detection_results.json";

function open() {
  return openDataset(`${goldenFolder()}/db`, "v1.0-mini");
}

Deno.test("the detection metrics and all curves equal the devkit's", () => {
  const { summary, details } = evaluateDetection(
    open(),
    `${goldenFolder()}/${RESULTS}`,
    { split: "mini_val" },
  );
  const ignore = ["eval_time"];
  const numbers = compare(summary, golden("detection/metrics_summary.json"), {
    ignore,
  });
  holds("detection", "metrics_summary", numbers, 1e-9);
  const plain = Object.fromEntries(
    Object.entries(details).map(([key, curves]) => [
      key,
      Object.fromEntries(
        Object.entries(curves).map(([name, values]) => [name, [...values]]),
      ),
    ]),
  );
  const curves = compare(plain, golden("detection/metrics_details.json"));
  holds("detection", "metrics_details", curves, 1e-9);
});

Deno.test("the command writes the devkit's files and prints the table", async () => {
  const out = await Deno.makeTempDir();
  let printed = "";
  const code = await main([
    "evaluate",
    "--root",
    `${goldenFolder()}/db`,
    "--version",
    "v1.0-mini",
    "--split",
    "mini_val",
    "--results",
    `${goldenFolder()}/${RESULTS}`,
    "--out",
    out,
  ], (text) => printed += text);
  assert.equal(code, 0);
  for (const name of ["metrics_summary.json", "metrics_details.json"]) {
    const written = parsePython(await Deno.readTextFile(`${out}/${name}`));
    const { error, where } = compare(written, golden(`detection/${name}`), {
      ignore: ["eval_time"],
    });
    assert(error <= 1e-9, `${name}${where}: ${error}`);
  }
  assert.match(printed, /mAP +NDS +mATE +mASE +mAOE +mAVE +mAAE/);
  for (const name of DETECTION_NAMES) assert(printed.includes(name));
  await Deno.remove(out, { recursive: true });
});

Deno.test("velocities of all annotations equal the devkit's", () => {
  const dataset = open();
  const recorded = golden("extras/box_velocity.json");
  const { annotations } = dataset;
  assert.equal(annotations.rows, Object.keys(recorded).length);
  const found = Object.fromEntries(
    Array.from({ length: annotations.rows }, (_, row) => [
      dataset.tokenOf(annotations, row),
      boxVelocity(dataset, row),
    ]),
  );
  holds("extras", "box_velocity", compare(found, recorded), 1e-12);
});

Deno.test("the same boxes survive the filters as in the devkit", () => {
  const dataset = open();
  const filter = new BoxFilter(dataset, {
    labels: DETECTION_NAMES,
    ranges: DETECTION_NAMES.map((name) => CLASS_RANGE[name]),
  });
  const index = dataset.samples.index;
  const results = readResults(
    `${goldenFolder()}/${RESULTS}`,
    "detection",
    index,
  );
  const all = new Uint8Array(dataset.samples.rows.length).fill(1);
  const { boxes } = results;
  const kept: Record<string, number[]> = Object.fromEntries(
    results.samples.map((row) => [dataset.samples.rows[row]!.token, []]),
  );
  const first = new Map<number, number>();
  boxes.sample.forEach((sample, i) => {
    if (!first.has(sample)) first.set(sample, i);
  });
  for (const i of filter.filter(boxes, all).kept) {
    const sample = boxes.sample[i]!;
    kept[dataset.samples.rows[sample]!.token]!.push(i - first.get(sample)!);
  }
  assert.deepEqual(kept, golden("extras/detection_pred_kept_indices.json"));

  const truth = truthBoxes(dataset, results.samples, DETECTION_NAMES);
  const real = filter.filter(truth, all, truth.points).kept;
  const recorded = golden("extras/detection_gt_filtered.json");
  const names = [...real].map((i) => [
    dataset.samples.rows[truth.sample[i]!]!.token,
    DETECTION_NAMES[truth.label[i]!],
    ...truth.translation.subarray(3 * i, 3 * i + 3),
  ]);
  const wanted = results.samples.flatMap((row) => {
    const { token } = dataset.samples.rows[row]!;
    // deno-lint-ignore no-explicit-any -- a recording
    return recorded[token].map((box: any) => [
      token,
      box.detection_name,
      ...box.translation,
    ]);
  });
  assert.deepEqual(names, wanted);
});
