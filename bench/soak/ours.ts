/**
 * Trains a small network for long on a few frames, images read and resized by
 * threads for every batch, and looks at the process's memory.
 *
 *     deno run --v8-flags=--expose-gc <permissions> bench/soak/ours.ts \
 *       FOLDER [ITERATIONS]
 *
 * @module
 */
import { createFrames, openDataset, writeFrames } from "../../nusc/mod.ts";
import { generateWorld } from "../../nusc/world/mod.ts";
import type { StageContext, StageEvent } from "../../pipeline/stage.ts";
import { train } from "../../stages/train/run.ts";
import {
  type TrainSettings,
  trainSettings,
} from "../../stages/train/settings.ts";
import { report } from "../run/report.ts";

const [folder, iterations = "10000"] = Deno.args as [string, string?];
const { signal } = new AbortController();
const { gc } = globalThis as unknown as { gc: () => void };

/** Two scenes of six frames. */
async function makeData(): Promise<Record<string, string>> {
  const inputs = { dataset: `${folder}/dataset`, data: `${folder}/data` };
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(inputs.data, { recursive: true });
  const root = `${inputs.dataset}/root`;
  const { version } = await generateWorld(
    root,
    {
      ...{ trainScenes: 2, valScenes: 1, trainFrames: 6, valFrames: 1 },
      ...{ width: 384, height: 216 },
    },
    { signal, onProgress: () => {} },
  );
  const dataset = openDataset(root, version);
  const samples = [...dataset.samples.rows.keys()];
  await writeFrames(
    `${inputs.data}/infos_train.jsonl`,
    createFrames(dataset, samples),
  );
  return inputs;
}

function settingsOf(count: number): TrainSettings {
  return trainSettings.parse({
    batch: 2,
    sequence_split: 2,
    checkpoint_every: 1000,
    log_every: 100,
    model: {
      channels: 64,
      backbone: { depth: 18, width: 8, norm: "train", zero_init_last: true },
      head: {
        ...{ queries: 20, propagated: 8, memory: 16, topk: 8, layers: 1 },
        ...{ feedforward: 64, range: [-22, -22, -5, 22, 22, 3] },
      },
      denoising: { groups: 2, bucket: 16 },
    },
    image: { height: 32, width: 96, resize: [0.25, 0.25] },
    feeding: { threads: 2 },
    optimizer: { lr: 1e-4 },
    schedule: { iterations: count },
  });
}

await report(async () => {
  const inputs = await makeData();
  const [output, scratch] = [`${folder}/output`, `${folder}/scratch`];
  for (const path of [output, scratch]) {
    await Deno.mkdir(path, { recursive: true });
  }
  const memory: [number, number][] = [];
  const context: StageContext<TrainSettings> = {
    config: settingsOf(Number(iterations)),
    inputs,
    output,
    scratch,
    signal,
    emit(event: StageEvent) {
      if (event.type !== "scalars") return;
      // V8 clears its heap when it likes: what it has not yet is no growth.
      gc();
      memory.push([event.step, Math.round(Deno.memoryUsage().rss / 2 ** 20)]);
    },
  };
  await train(context);
  // Buffers come and go: the least of many is without.
  const fifth = (n: number) =>
    Math.min(
      ...memory.slice(memory.length * (n - 1) / 5, memory.length * n / 5)
        .map(([, mib]) => mib),
    );
  const every = Math.ceil(memory.length / 10);
  const shown = memory.filter((_, i) => (i + 1) % every === 0);
  return {
    first: fifth(2),
    last: fifth(5),
    curve: shown.map(([step, mib]) => `${step}: ${mib}`).join(", "),
  };
});
