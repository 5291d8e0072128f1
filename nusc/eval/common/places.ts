/**
 * Whether boxes are in the global frame, near the ego of their key frame.
 * @module
 */
import { ResultsError } from "../../errors.ts";
import type { Results } from "../../results/mod.ts";
import type { Dataset } from "../../tables/mod.ts";

/** Metres from the ego beyond which no sensor sees; classes count to 50. */
const FAR = 150;
/** Boxes that are looked at to find the cause. */
const LOOKED_AT = 1000;

/** A box and the ego of its key frame: x and y, global frame, metres. */
interface Place {
  at: [number, number];
  ego: [number, number];
}

/**
 * Boxes far from the ego: a note about a few, an error about most of them.
 * @param samples rows of the dataset's `samples` that are evaluated
 * @throws {ResultsError} that says which frame the boxes seem to be in
 */
export function checkPlaces(
  dataset: Dataset,
  results: Results,
  samples: ReadonlySet<number>,
): string[] {
  const far: number[] = [];
  let count = 0, last = -1, wanted = false;
  let ego: [number, number] = [0, 0];
  const { sample, translation, count: boxes } = results.boxes;
  for (let i = 0; i < boxes; i++) {
    if (sample[i] !== last) {
      last = sample[i]!;
      wanted = samples.has(last);
      if (wanted) ego = egoOf(dataset, last);
    }
    if (!wanted) continue;
    count++;
    const x = translation[3 * i]! - ego[0];
    const y = translation[3 * i + 1]! - ego[1];
    if (x * x + y * y > FAR * FAR) far.push(i);
  }
  if (!far.length) return [];
  const text = describe(dataset, results, far, count);
  if (far.length <= count / 2) return [`${text}: these do not count`];
  const step = Math.ceil(far.length / LOOKED_AT);
  const places = far.filter((_, i) => i % step === 0)
    .map((box) => placeOf(dataset, results, box));
  throw new ResultsError(
    `${text}, expected boxes in the global frame. ${causeOf(places)}`,
  );
}

function egoOf(dataset: Dataset, sample: number): [number, number] {
  const row = dataset.keyFrame(sample, "LIDAR_TOP");
  const pose = 3 * dataset.sensorData.egoPose[row]!;
  const { translation } = dataset.egoPoses;
  return [translation[pose]!, translation[pose + 1]!];
}

function placeOf(dataset: Dataset, { boxes }: Results, box: number): Place {
  const { translation, sample } = boxes;
  return {
    at: [translation[3 * box]!, translation[3 * box + 1]!],
    ego: egoOf(dataset, sample[box]!),
  };
}

/** How many are far away, and the first of them. */
function describe(
  dataset: Dataset,
  results: Results,
  far: readonly number[],
  count: number,
): string {
  const { at, ego } = placeOf(dataset, results, far[0]!);
  const sample = results.boxes.sample[far[0]!]!;
  return `${far.length} of ${count} boxes of ${results.path} lie more than ` +
    `${FAR} m from the ego vehicle (first in the sample ` +
    `"${dataset.samples.rows[sample]!.token}": the box at ${show(at)}, the ` +
    `ego at ${show(ego)})`;
}

/** The likely cause and its remedy: what would bring most boxes near. */
function causeOf(places: readonly Place[]): string {
  const near = (move: (place: Place) => [number, number]) =>
    places.filter((place) => {
      const [x, y] = move(place);
      return Math.hypot(x - place.ego[0], y - place.ego[1]) <= FAR;
    }).length > places.length / 2;
  if (near(({ at, ego }) => [at[0] + ego[0], at[1] + ego[1]])) {
    return "They lie around the origin, so they seem to be in the ego or " +
      "the LiDAR frame: transform them by the key frame's poses (global " +
      "from ego, ego from LiDAR) before they are written";
  }
  if (near(({ at }) => [at[1], at[0]])) {
    return "With x and y exchanged they would be near: write translation " +
      "as x, y, z";
  }
  const shift = [0, 1].map((axis) =>
    median(places.map(({ at, ego }) => at[axis]! - ego[axis]!))
  ) as [number, number];
  if (near(({ at }) => [at[0] - shift[0], at[1] - shift[1]])) {
    return `All are shifted by about ${show(shift)} m: check which origin ` +
      "was added or subtracted, and that boxes and poses are of one scene";
  }
  return "They seem to have been transformed by the poses of other samples, " +
    "or by inverted ones: use those of each box's own key frame";
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function show([x, y]: [number, number]): string {
  return `[${x.toFixed(0)}, ${y.toFixed(0)}]`;
}
