/**
 * Runs stages without the pipeline, on a world of a few frames.
 * @module
 */
import type { StageContext, StageEvent } from "../../pipeline/stage.ts";
import { createFrames, openDataset, writeFrames } from "../../nusc/mod.ts";
import { generateWorld } from "../../nusc/world/mod.ts";
import { trainSettings } from "../../stages/train/settings.ts";

/** Folders of a dataset and of its frames, as stages take them. */
export interface Inputs extends Record<string, string> {
  dataset: string;
  data: string;
}

/** Two scenes of a few frames each, as splits `train` and `val`. */
export async function tinyWorld(folder: string, frames = 4): Promise<Inputs> {
  const inputs = { dataset: `${folder}/dataset`, data: `${folder}/data` };
  await Deno.mkdir(inputs.data, { recursive: true });
  const root = `${inputs.dataset}/root`;
  const { version } = await generateWorld(root, {
    trainScenes: 2,
    valScenes: 2,
    trainFrames: frames,
    valFrames: 3,
    width: 192,
    height: 108,
  }, { signal: new AbortController().signal, onProgress: () => {} });
  const dataset = openDataset(root, version);
  const scenes = dataset.scenes.rows.map(({ token }) => token);
  const rows = dataset.samples.rows;
  for (
    const [split, chosen] of [["train", scenes.slice(0, 2)], [
      "val",
      scenes.slice(2),
    ]] as const
  ) {
    const samples = [...rows.keys()]
      .filter((row) => chosen.includes(rows[row]!.scene_token));
    const path = `${inputs.data}/infos_${split}.jsonl`;
    await writeFrames(path, createFrames(dataset, samples));
  }
  return inputs;
}

/** Settings of a network that trains in milliseconds. */
export function tinySettings(overrides: Record<string, unknown> = {}) {
  return trainSettings.parse({
    batch: 2,
    sequence_split: 2,
    checkpoint_every: 1000,
    log_every: 1,
    threads: 2,
    model: {
      channels: 64,
      backbone: { depth: 18, width: 8, norm: "train", zero_init_last: true },
      head: {
        queries: 20,
        propagated: 8,
        memory: 16,
        topk: 8,
        layers: 2,
        feedforward: 64,
        range: [-22, -22, -5, 22, 22, 3],
      },
      denoising: { groups: 2, bucket: 16 },
    },
    image: { height: 64, width: 192, resize: [1, 1], flip: 0.5 },
    augmentation: { mirror: 0.5 },
    optimizer: { lr: 1e-3, lr_mult: { img_backbone: 0.5 } },
    schedule: { iterations: 6, warmup_iterations: 2 },
    warm_start: { steps: 3, points: 16 },
    ...overrides,
  });
}

/** A context whose events can be looked at. */
export function contextOf<Config>(
  config: Config,
  inputs: Record<string, string>,
  folder: string,
  onEvent: (event: StageEvent) => void = () => {},
): StageContext<Config> & { abort: () => void; events: StageEvent[] } {
  const controller = new AbortController();
  const events: StageEvent[] = [];
  for (const name of ["out", "scratch"]) {
    Deno.mkdirSync(`${folder}/${name}`, { recursive: true });
  }
  return {
    config,
    inputs,
    output: `${folder}/out`,
    scratch: `${folder}/scratch`,
    signal: controller.signal,
    abort: () => controller.abort(new Error("interrupted")),
    events,
    emit(event) {
      events.push(event);
      onEvent(event);
    },
  };
}
