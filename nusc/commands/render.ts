/**
 * `nusc render`
 * @module
 */
import { DatasetError } from "../errors.ts";
import { CAMERAS } from "../infos/mod.ts";
import { sampleOf, type SampleView, walkScenes } from "../reading/mod.ts";
import { formatOf, renderSample } from "../render/mod.ts";
import { boxesOfSample } from "../results/mod.ts";
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
    ? boxesOfSample(flags.results, dataset.samples.index, sample)
    : undefined;
  await renderSample(dataset, sample, {
    predictions,
    minScore: flags.minScore,
    view: flags.view,
    points: flags.points,
    range: flags.range,
    width: flags.width,
    out: flags.out,
  });
  const { scene, index, token } = sample;
  print(`Wrote ${flags.out}: ${scene}, key frame ${index}, sample ${token}\n`);
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
