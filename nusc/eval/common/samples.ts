/**
 * Which samples are evaluated, and whether the results cover them.
 * @module
 */
import { DatasetError, ResultsError } from "../../errors.ts";
import { someOf } from "../../names.ts";
import type { Results } from "../../results/mod.ts";
import {
  customSplits,
  isSplit,
  scenesOfSplit,
  SPLITS,
  versionOfSplit,
} from "../../splits/mod.ts";
import type { Dataset } from "../../tables/mod.ts";
import { checkPlaces } from "./places.ts";

/**
 * What to evaluate: a split, official or of the dataset's `splits.json`, or
 * scenes by name, which come before a split.
 */
export type Selection =
  | { split: string; scenes?: undefined }
  | { scenes: readonly string[]; split?: string };

/** Samples to evaluate. */
export interface Selected {
  /**
   * Rows of the dataset's `samples`: scenes in the order in which the file
   * names them first, each in time.
   */
  samples: number[];
  /** True if the results may hold more samples. */
  part: boolean;
  /** What a reader of the numbers should know. */
  notes: string[];
}

/**
 * Finds the samples of a selection.
 * @throws {DatasetError} if a scene is absent, cut short or out of order
 */
export function selectSamples(
  dataset: Dataset,
  selection: Selection,
): Selected {
  const { names, ...rest } = selection.scenes
    ? selectScenes(dataset, selection.scenes)
    : selectSplit(dataset, selection.split);
  const wanted = new Set(names);
  const scenes = new Set([
    ...dataset.samplesOf(wanted).map((row) => dataset.sceneOfSample[row]!),
    // Those without any sample are cut short too.
    ...dataset.scenes.rows.flatMap(({ name }, row) =>
      wanted.has(name) ? [row] : []
    ),
  ]);
  // Tables may be in any order; trackers go from frame to frame. And a scene
  // that is cut short would be a smaller split without a word.
  const samples = [...scenes].flatMap((scene) => dataset.timelineOf(scene));
  return { ...rest, samples };
}

/** Scenes by name, and the rest of {@link Selected}. */
type Chosen = Omit<Selected, "samples"> & { names: readonly string[] };

function selectScenes(
  dataset: Dataset,
  scenes: readonly string[],
  split?: string,
): Chosen {
  const known = new Set(dataset.scenes.rows.map((scene) => scene.name));
  const missing = scenes.filter((scene) => !known.has(scene));
  if (missing.length || !scenes.length) {
    const by = split === undefined
      ? ""
      : `, which the split ${split} of ${dataset.folder}/splits.json names,`;
    throw new DatasetError(
      `Found no scene ${missing.join(", ") || "to evaluate"}${by} in ` +
        `${dataset.folder}/scene.json, which holds ${someOf(known)}. ` +
        "Name scenes of this version",
    );
  }
  return { names: scenes, part: true, notes: [] };
}

function selectSplit(dataset: Dataset, split: string): Chosen {
  if (!isSplit(split)) {
    const own = customSplits(dataset.folder);
    if (own[split]) return selectScenes(dataset, own[split], split);
    const names = [...SPLITS, ...Object.keys(own)].join(", ");
    throw new DatasetError(
      `Found the split "${split}", expected one of ${names}. Splits of your ` +
        `own are lists of scenes in ${dataset.folder}/splits.json`,
    );
  }
  const version = versionOfSplit(split);
  if (!dataset.version.endsWith(version)) {
    throw new DatasetError(
      `The split ${split} belongs to v1.0-${version}, but the tables are of ` +
        `${dataset.version}. Name another split or another version`,
    );
  }
  const wanted = scenesOfSplit(split);
  const known = new Set(dataset.scenes.rows.map((scene) => scene.name));
  const present = wanted.filter((scene) => known.has(scene));
  if (!present.length) {
    throw new DatasetError(
      `None of the ${wanted.length} scenes of ${split} is in ` +
        `${dataset.folder}/scene.json, which holds ${someOf(known)}. ` +
        "Unpack the metadata archive again or name another split",
    );
  }
  const notes = present.length === wanted.length ? [] : [
    `${dataset.folder}/scene.json holds ${present.length} of the ` +
    `${wanted.length} scenes of ${split}, not ` +
    `${someOf(wanted.filter((scene) => !known.has(scene)))}. These are left ` +
    "out; a whole dataset needs its metadata archive unpacked again",
  ];
  return { names: present, part: false, notes };
}

/**
 * Complains about samples without results, results without samples, and boxes
 * that cannot be where they are said to be.
 * @returns what a reader of the numbers should know
 * @throws {ResultsError} with what is missing or wrong and where
 */
export function checkCoverage(
  dataset: Dataset,
  results: Results,
  { samples, part }: Selected,
): string[] {
  const found = new Set(results.samples);
  const wanted = new Set(samples);
  const token = (row: number) => dataset.samples.rows[row]!.token;
  const missing = samples.filter((sample) => !found.has(sample));
  if (missing.length) {
    throw new ResultsError(
      `${results.path} has no entry for ${missing.length} of ` +
        `${samples.length} samples, first "${token(missing[0]!)}". Run ` +
        "inference over all scenes of the split; a sample without boxes " +
        "needs an empty list",
    );
  }
  const extra = results.samples.filter((sample) => !wanted.has(sample));
  if (extra.length && !part) {
    throw new ResultsError(
      `${results.path} has ${extra.length} samples that are not in the ` +
        `split, first "${token(extra[0]!)}". Evaluate on the split on which ` +
        "inference ran",
    );
  }
  return [...results.notes, ...checkPlaces(dataset, results, wanted)];
}
