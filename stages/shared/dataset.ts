/**
 * What stages share that read a dataset's artifact: `dataset.json` and
 * `root`, the dataset's folder.
 * @module
 */
import type { Dataset, FrameInfo } from "../../nusc/mod.ts";
import { UserError } from "../../pipeline/stage.ts";

/** What a stage that offers a dataset writes beside `root`. */
export interface DatasetManifest {
  /** Such as `v1.0-mini`. */
  version: string;
}

/**
 * The dataset's folder of an input folder; a linked one under its own path, so
 * that messages name the user's files.
 */
export async function rootOf(folder: string): Promise<string> {
  return await Deno.realPath(`${folder}/root`);
}

/** Opens the dataset of an input folder. */
export async function openInput(folder: string): Promise<Dataset> {
  const { openDataset } = await import("../../nusc/mod.ts");
  const text = await Deno.readTextFile(`${folder}/dataset.json`);
  const { version } = JSON.parse(text) as DatasetManifest;
  return openDataset(await rootOf(folder), version);
}

/** Runs work; what is wrong with the user's files becomes a UserError. */
export async function withUserErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { DatasetError, ResultsError } = await import("../../nusc/mod.ts");
    if (error instanceof DatasetError || error instanceof ResultsError) {
      throw new UserError(error.message);
    }
    throw error;
  }
}

/**
 * What a split's name means: scenes of create-data's splits, or an official
 * split.
 * @param data folder that create-data wrote, if it is bound
 */
export async function selectionOf(
  split: string,
  data: string | undefined,
): Promise<{ split: string } | { scenes: string[] }> {
  if (data === undefined) return { split };
  const text = await Deno.readTextFile(`${data}/splits.json`);
  const splits = JSON.parse(text) as Record<string, string[]>;
  const scenes = splits[split];
  if (scenes) return { scenes };
  const { isSplit } = await import("../../nusc/mod.ts");
  if (isSplit(split)) return { split };
  throw new UserError(
    `Found no split "${split}" in create-data's splits.json, which holds ` +
      `${Object.keys(splits).join(", ")}. Name one of these or an official ` +
      "split such as mini_val",
  );
}

/**
 * Frames of a split of create-data's, without the sweeps that no network
 * here reads.
 * @param data folder that create-data wrote
 * @throws {UserError} naming the splits that there are
 */
export async function framesOf(
  data: string,
  split: string,
): Promise<FrameInfo[]> {
  const { readAllFrames } = await import("../../nusc/mod.ts");
  const path = `${data}/infos_${split}.jsonl`;
  try {
    await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const splits = [...Deno.readDirSync(data)]
      .map(({ name }) => /^infos_(.+)\.jsonl$/.exec(name)?.[1])
      .filter((name) => name !== undefined);
    throw new UserError(
      `Found no split "${split}" among what create-data made: ` +
        `${splits.join(", ")}. Name one of these, or add it to ` +
        "create-data.splits",
    );
  }
  return await readAllFrames(path, ["sweeps"]);
}
