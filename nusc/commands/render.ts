/**
 * `nusc render`
 * @module
 */
import { DatasetError } from "../errors.ts";
import { checkPlaces } from "../eval/common/places.ts";
import { CAMERAS } from "../infos/mod.ts";
import { sampleOf, type SampleView, walkScenes } from "../reading/mod.ts";
import { formatOf, renderSample } from "../render/mod.ts";
import {
  boxesOfSample,
  readAnyResults,
  type SampleBox,
} from "../results/mod.ts";
import { type Dataset, openDataset } from "../tables/mod.ts";

/** Flags of the command. */
export interface RenderFlags {
  root: string;
  out: string;
  version?: string;
  sample?: string;
  scene?: string;
  index?: number;
  results?: string;
  minScore?: number;
  range?: number;
  view?: string;
  width?: number;
  points?: boolean;
}

/** Predictions below are not drawn. */
const MIN_SCORE = 0.25;

/** What `--view` may be. */
const VIEWS: readonly string[] = ["all", "cameras", "bev", ...CAMERAS];

/** Draws cameras and bird's-eye view of one key frame. */
export async function render(
  flags: RenderFlags,
  print: (text: string) => void,
): Promise<void> {
  checkFlags(flags);
  const dataset = openDataset(flags.root, flags.version);
  const sample = chooseSample(dataset, flags);
  const predictions = flags.results
    ? predictionsOf(dataset, flags.results, sample, print)
    : [];
  const minScore = flags.minScore ?? MIN_SCORE;
  await renderSample(dataset, sample, {
    predictions,
    minScore,
    view: flags.view,
    points: flags.points,
    range: flags.range,
    width: flags.width,
    out: flags.out,
  });
  const { scene, index, token } = sample;
  const drawn = predictions.filter((box) => box.score >= minScore).length;
  const boxes = flags.results
    ? `, ${drawn} of ${predictions.length} predictions`
    : "";
  print(
    `Wrote ${flags.out}: ${scene}, key frame ${index}, sample ${token}` +
      `${boxes}\n`,
  );
}

/** Boxes of a results file, which must be near the car to be seen at all. */
function predictionsOf(
  dataset: Dataset,
  path: string,
  sample: SampleView,
  print: (text: string) => void,
): SampleBox[] {
  const read = readAnyResults(path, dataset.samples.index);
  const boxes = boxesOfSample(read, sample);
  const only = new Set([sample.row]);
  for (const note of checkPlaces(dataset, read.results, only)) {
    print(`note: ${note}\n`);
  }
  return boxes;
}

function checkFlags({ out, view, range, width }: RenderFlags): void {
  formatOf(out);
  if (view !== undefined && !VIEWS.includes(view)) {
    throw new DatasetError(
      `Found the view "${view}", expected one of ${VIEWS.join(", ")}`,
    );
  }
  for (const [name, value] of Object.entries({ range, width })) {
    if (value === undefined || value > 0) continue;
    throw new DatasetError(
      `Found --${name} ${value}, expected a number above 0`,
    );
  }
}

/** The key frame that the flags name; the first one by default. */
function chooseSample(
  dataset: Dataset,
  { sample, scene, index = 0 }: RenderFlags,
): SampleView {
  const first = dataset.samples.rows[0]?.token;
  const token = sample ?? (scene || index ? undefined : first);
  if (token !== undefined) return sampleOf(dataset, token);
  const [chosen] = walkScenes(
    dataset,
    scene === undefined ? undefined : [scene],
  );
  const found = chosen?.samples[index];
  if (found) return found;
  const length = chosen?.samples.length ?? 0;
  throw new DatasetError(
    `Found no key frame ${index} in ${chosen?.name ?? dataset.folder}, which ` +
      `has ${length}. Name an index from 0 to ${Math.max(0, length - 1)}`,
  );
}
