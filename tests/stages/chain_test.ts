/**
 * Train, export, infer and evaluate on four frames: a detector that has
 * learned finds what it was shown, one that has not finds nothing.
 */
import assert from "node:assert/strict";
import { evaluateDetection, openDataset } from "../../nusc/mod.ts";
import { exportSettings } from "../../stages/export.ts";
import { exportModel } from "../../stages/export/run.ts";
import { infer } from "../../stages/infer/run.ts";
import { train } from "../../stages/train/run.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  contextOf,
  type Inputs,
  tinySettings,
  tinyWorld,
} from "../support/stages.ts";

/** Settings with which four frames are learned by heart. */
function settings(iterations: number) {
  const plain = tinySettings();
  const { model, image } = plain;
  return {
    ...plain,
    sequence_split: 1,
    model: {
      ...model,
      backbone: { ...model.backbone, width: 16 },
      head: {
        ...model.head,
        dropout: 0,
        query_content: "position" as const,
        reference_z: [0.38, 0.62] as [number, number],
        code_weights: [2, 2, 1, 1, 1, 1, 1, 1, 0.2, 0.2],
      },
    },
    image: { ...image, flip: 0, grid_mask: 0, cache_mb: 100 },
    augmentation: {
      translation: [0, 0, 0] as [number, number, number],
      mirror: 0,
      rotation: 0,
      scale: [1, 1] as [number, number],
    },
    optimizer: { ...plain.optimizer, lr: 2e-3, weight_decay: 0, lr_mult: {} },
    schedule: { ...plain.schedule, iterations, warmup_iterations: 20 },
    warm_start: { ...plain.warm_start!, steps: 120, points: 128 },
  };
}

/** mAP on the training frames after so many iterations. */
async function learned(
  inputs: Inputs,
  folder: string,
  iterations: number,
): Promise<number> {
  const of = (stage: string) => `${folder}/${iterations}/${stage}`;
  await train(contextOf(settings(iterations), inputs, of("train")));
  await exportModel(contextOf(
    exportSettings.parse({ tolerance: 1e-4, split: "train", frames: 2 }),
    { ...inputs, train: `${of("train")}/out` },
    of("export"),
  ));
  await infer(contextOf(
    { split: "train", provider: "cpu" as const, max_boxes: 300, threads: 2 },
    { ...inputs, model: `${of("export")}/out` },
    of("infer"),
  ));
  const dataset = openDataset(`${inputs.dataset}/root`);
  const { summary } = evaluateDetection(
    dataset,
    `${of("infer")}/out/results_nusc.json`,
    { scenes: dataset.scenes.rows.slice(0, 2).map(({ name }) => name) },
  );
  return summary.mean_ap;
}

Deno.test("a trained detector finds what an untrained one does not", async () => {
  await useTensorFlow();
  const folder = await Deno.makeTempDir();
  const inputs = await tinyWorld(folder, 2);
  const untrained = await learned(inputs, folder, 1);
  const trained = await learned(inputs, folder, 150);
  assert.ok(untrained < 0.02, `untrained mAP ${untrained}`);
  assert.ok(trained > untrained + 0.2, `trained mAP ${trained}`);
  await Deno.remove(folder, { recursive: true });
});
