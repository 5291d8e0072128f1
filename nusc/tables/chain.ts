/**
 * The key frames of a scene in time, and whether the tables agree on them.
 * @module
 */
import { DatasetError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";

const REMEDY = "Unpack scene.json and sample.json of one version again into " +
  "the same folder";

/**
 * Rows of `samples` of a scene, in time, by `first_sample_token` and `next`.
 * @param scene row of `scenes`
 * @throws {DatasetError} if the chain is broken: a token that leads nowhere,
 *   to another scene or back; `prev` against `next`; times that do not rise;
 *   samples that the chain leaves out; an end before the scene's last sample
 */
export function chainOf(dataset: Dataset, scene: number): number[] {
  const { rows, index } = dataset.samples;
  const { first_sample_token, name } = dataset.scenes.rows[scene]!;
  const chain: number[] = [];
  const seen = new Set<number>();
  let from = `first_sample_token of ${name} in ${dataset.folder}/scene.json`;
  for (let token = first_sample_token; token !== "";) {
    const row = index.findText(token);
    if (row < 0) {
      refuse(dataset, scene, `${from} names "${token}", which is no sample`);
    }
    if (seen.has(row)) {
      refuse(dataset, scene, `${from} leads back to "${token}"`);
    }
    checkLink(dataset, scene, chain.at(-1) ?? -1, row);
    seen.add(row);
    chain.push(row);
    token = rows[row]!.next;
    from = `next of ${placeOf(dataset, row)}`;
  }
  checkEnds(dataset, scene, chain, seen);
  return chain;
}

/** Row 5, counted from 1, with its token and file. */
function placeOf(dataset: Dataset, row: number): string {
  return `row ${row + 1} of ${dataset.folder}/sample.json (token ` +
    `"${dataset.samples.rows[row]!.token}")`;
}

function refuse(dataset: Dataset, scene: number, problem: string): never {
  throw new DatasetError(
    `The samples of ${dataset.scenes.rows[scene]!.name} are no chain in ` +
      `time: ${problem}. ${REMEDY}`,
  );
}

/** What two neighbours must agree on; `before` is -1 at the beginning. */
function checkLink(
  dataset: Dataset,
  scene: number,
  before: number,
  row: number,
): void {
  const { rows } = dataset.samples;
  const sample = rows[row]!;
  const place = placeOf(dataset, row);
  if (dataset.sceneOfSample[row] !== scene) {
    const other = dataset.scenes.rows[dataset.sceneOfSample[row]!]!.name;
    refuse(dataset, scene, `${place} belongs to ${other}`);
  }
  const prev = rows[before]?.token ?? "";
  if (sample.prev !== prev) {
    refuse(
      dataset,
      scene,
      `prev of ${place} is "${sample.prev}", but it comes ` +
        (prev ? `behind "${prev}"` : "first"),
    );
  }
  const elapsed = before < 0 ? 1 : sample.timestamp - rows[before]!.timestamp;
  if (elapsed > 0) return;
  refuse(
    dataset,
    scene,
    `${place} has the timestamp ${sample.timestamp}, ${-elapsed} ` +
      "microseconds before that of its prev",
  );
}

/** Every sample of the scene is in the chain, and the last one is its end. */
function checkEnds(
  dataset: Dataset,
  scene: number,
  chain: readonly number[],
  seen: ReadonlySet<number>,
): void {
  const { rows } = dataset.samples;
  const { name, nbr_samples, last_sample_token } = dataset.scenes.rows[scene]!;
  const left = dataset.samplesOfScene.of(scene).find((row) => !seen.has(row));
  if (left !== undefined) {
    refuse(dataset, scene, `no next leads to ${placeOf(dataset, left)}`);
  }
  const last = chain.length ? rows[chain.at(-1)!]!.token : "";
  if (last === last_sample_token && chain.length === nbr_samples) return;
  throw new DatasetError(
    `${name} is cut short: ${dataset.folder}/sample.json holds ` +
      `${chain.length} of the ${nbr_samples} samples that scene.json counts ` +
      `and ends with "${last}", expected "${last_sample_token}". ${REMEDY}, ` +
      "or choose other scenes",
  );
}
