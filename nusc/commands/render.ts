/**
 * `nusc render`
 * @module
 */
import { DatasetError, ResultsError } from "../errors.ts";
import { createFrames, type FrameInfo } from "../infos/mod.ts";
import { renderSample, type ResultBox } from "../render/mod.ts";
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
}

/** Draws six cameras and the bird's-eye view of one key frame. */
export async function render(
  flags: RenderFlags,
  print: (text: string) => void,
): Promise<void> {
  const dataset = openDataset(flags.root, flags.version);
  const info = await frameOf(dataset, flags);
  const predictions = flags.results
    ? recordsOf(flags.results, info.token)
    : undefined;
  await renderSample({
    root: flags.root,
    info,
    predictions,
    scoreThreshold: flags.minScore ?? 0.25,
    out: flags.out,
    range: flags.range,
  });
  print(`Wrote ${flags.out}: sample ${info.token}\n`);
}

/** The key frame that the flags name; the first one by default. */
async function frameOf(
  dataset: Dataset,
  { sample, scene, index = 0 }: RenderFlags,
): Promise<FrameInfo> {
  const rows = dataset.samples.rows;
  const scenes = new Map(
    dataset.scenes.rows.map((row) => [row.token, row.name]),
  );
  const chosen = [...rows.keys()].filter((row) => {
    const { token, scene_token } = rows[row]!;
    if (sample) return token === sample;
    return !scene || scenes.get(scene_token) === scene;
  });
  const row = chosen[sample ? 0 : index];
  if (row === undefined) {
    const wanted = sample
      ? `sample "${sample}"`
      : `key frame ${index} of ${scene ?? "the dataset"}`;
    throw new DatasetError(
      `Cannot find ${wanted} in ${dataset.root} (${dataset.version}): it ` +
        `holds ${rows.length} samples of ${scenes.size} scenes`,
    );
  }
  for await (const info of createFrames(dataset, [row])) return info;
  throw new Error("createFrames gave no frame");
}

/** Boxes of a results file for one sample. */
function recordsOf(path: string, token: string): ResultBox[] {
  const { results } = JSON.parse(Deno.readTextFileSync(path)) as {
    results?: Record<string, ResultBox[]>;
  };
  const records = results?.[token];
  if (records) return records;
  throw new ResultsError(
    `${path} holds no boxes for sample ${token}: it is of another split, ` +
      "or no submission",
  );
}
