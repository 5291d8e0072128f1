/**
 * Scenes and their samples, in time.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { someOf } from "../names.ts";
import type { Dataset } from "../tables/mod.ts";

/** A drive of about twenty seconds. */
export interface SceneView {
  /** Token of the row in `scene.json`. */
  token: string;
  /** Such as `scene-0103`. */
  name: string;
  /** What happens, in a few words. */
  description: string;
  /** Its key frames, in time; two a second. */
  samples: SampleView[];
}

/** A key frame: a moment at which all sensors have been read. */
export interface SampleView {
  /** Token of the row in `sample.json`. */
  token: string;
  /** Microseconds since 1970. */
  timestampUs: number;
  /** Name of its scene. */
  scene: string;
  /** Running number inside the scene, in time, from 0. */
  index: number;
  /** Row of the dataset's `samples`. */
  row: number;
}

/**
 * Scenes in table order, or those that are named, in the order of the names.
 * @throws {DatasetError} if a name is unknown, or if the samples of a scene
 *   are out of order or cut short
 */
export function* walkScenes(
  dataset: Dataset,
  names?: readonly string[],
): Generator<SceneView> {
  const { rows } = dataset.scenes;
  const byName = new Map(rows.map((scene, row) => [scene.name, row]));
  for (const name of names ?? byName.keys()) {
    const scene = byName.get(name);
    if (scene === undefined) {
      throw new DatasetError(
        `Found no scene ${name} in ${dataset.folder}/scene.json, which ` +
          `holds ${someOf(byName.keys())}. Name a scene of this version`,
      );
    }
    const { token, description } = rows[scene]!;
    const samples = dataset.timelineOf(scene).map((row, index) =>
      viewOf(dataset, row, index)
    );
    yield { token, name, description, samples };
  }
}

/**
 * The sample of a token, whether its scene is whole or not: one key frame can
 * be looked at alone.
 * @throws {DatasetError} if there is none
 */
export function sampleOf(dataset: Dataset, token: string): SampleView {
  const row = dataset.samples.index.findText(token);
  if (row < 0) {
    throw new DatasetError(
      `Found no sample "${token}" in ${dataset.folder}/sample.json, which ` +
        `holds ${dataset.samples.rows.length} samples. Name a sample of this ` +
        "version",
    );
  }
  return viewOf(dataset, row, indexOf(dataset, row));
}

/** Steps from the first sample that `prev` leads to. */
function indexOf({ samples: { rows, index } }: Dataset, row: number): number {
  const seen = new Set<number>();
  for (let at = row; at >= 0 && !seen.has(at);) {
    seen.add(at);
    at = index.findText(rows[at]!.prev);
  }
  return seen.size - 1;
}

function viewOf(dataset: Dataset, row: number, index: number): SampleView {
  const { token, timestamp } = dataset.samples.rows[row]!;
  const { name } = dataset.scenes.rows[dataset.sceneOfSample[row]!]!;
  return { token, timestampUs: timestamp, scene: name, index, row };
}
