/**
 * `nusc check`
 * @module
 */
import { selectSamples } from "../eval/common/samples.ts";
import { absentSweeps, checkFiles, checkImages } from "../infos/mod.ts";
import {
  customSplits,
  scenesOfSplit,
  SPLITS,
  versionOfSplit,
} from "../splits/mod.ts";
import { type Dataset, openDataset, readRows } from "../tables/mod.ts";
import { checkReferences } from "./references.ts";
import { textTable } from "./text.ts";

/** Flags of the command. */
export interface CheckFlags {
  root: string;
  version?: string;
  scenes?: string[];
  images?: boolean;
}

/**
 * Opens everything that other commands would open, so that they will not stop
 * half way; prints what there is.
 */
export function check(
  flags: CheckFlags,
  print: (text: string) => void,
): void {
  const dataset = openDataset(flags.root, flags.version);
  const scenes = flags.scenes ?? dataset.scenes.rows.map(({ name }) => name);
  print(textTable({
    title: `${dataset.folder}`,
    columns: ["table", "rows"],
    rows: countsOf(dataset),
  }));
  print(textTable({
    title: "Splits",
    columns: ["split", "scenes here"],
    rows: splitsOf(dataset),
  }));
  checkReferences(dataset);
  const { samples } = selectSamples(dataset, { scenes });
  print(`\nTables are whole, ${scenes.length} scenes are in order\n`);
  checkFiles(dataset, samples);
  if (flags.images) checkImages(dataset, samples);
  const state = flags.images ? "there and whole" : "there";
  print(`All sensor files of ${samples.length} samples are ${state}\n`);
  print(sweepsNote(dataset, samples));
}

/** How many of the sweeps between key frames are there: an archive apart. */
function sweepsNote(dataset: Dataset, samples: readonly number[]): string {
  const { count, absent } = absentSweeps(dataset, samples);
  if (!count) return "";
  if (!absent.length) return `All files of ${count} sweeps are there too\n`;
  return `note: Found no file for ${absent.length} of ${count} sweeps between ` +
    `key frames, first ${absent[0]}. Commands that use key frames alone need ` +
    "none of them\n";
}

/** Reads every table; what is damaged throws here. */
function countsOf(dataset: Dataset): [string, number][] {
  return [
    ["scene", dataset.scenes.rows.length],
    ["sample", dataset.samples.rows.length],
    ["sample_data", dataset.sensorData.rows],
    ["calibrated_sensor", dataset.calibrations.rows.length],
    ["ego_pose", dataset.egoPoses.translation.length / 3],
    ["instance", dataset.categoryOfInstance.length],
    ["sample_annotation", dataset.annotations.rows],
    ["category", dataset.categories.rows.length],
    ["attribute", dataset.attributes.rows.length],
    ["visibility", dataset.visibilities.rows.length],
    ...["log", "map", "sensor"].map((name): [string, number] => [
      name,
      readRows(dataset.folder, name, {}).rows.length,
    ]),
  ];
}

/** How many scenes of each split are there, official ones and others. */
function splitsOf(dataset: Dataset): [string, string][] {
  const known = new Set(dataset.scenes.rows.map(({ name }) => name));
  const official = SPLITS.filter((split) =>
    dataset.version.endsWith(versionOfSplit(split))
  ).map((split): [string, string[]] => [split, scenesOfSplit(split)]);
  const own = Object.entries(customSplits(dataset.folder));
  return [...official, ...own].map(([name, scenes]) => {
    const here = scenes.filter((scene) => known.has(scene)).length;
    return [name, `${here} of ${scenes.length}`];
  });
}
