/**
 * Train settings that are timed.
 * @module
 */
import {
  type TrainSettings,
  trainSettings,
} from "../../stages/train/settings.ts";

/** StreamPETR R50 704 with 300 + 128 queries, as published. */
const R50 = {
  model: {
    backbone: { depth: 50, norm: "frozen" },
    head: { queries: 300, propagated: 128, memory: 512, topk: 128 },
    denoising: { bucket: 32 },
  },
  image: { height: 256, width: 704 },
};

const MINI = {
  model: {
    channels: 128,
    backbone: { depth: 18, width: 32, norm: "train" },
    head: {
      ...{ queries: 100, propagated: 32, memory: 64, topk: 32 },
      ...{ layers: 3, feedforward: 512, dropout: 0 },
    },
    denoising: { groups: 6, bucket: 16 },
  },
  image: { height: 64, width: 192, grid_mask: 0 },
};

/** Objects of a frame that denoising buckets are made for. */
export const OBJECTS = { r50: 30, mini: 15 };

/** Settings by name. */
export const PRESETS = { r50: R50, mini: MINI };

/** What presets leave open. */
export interface Choice {
  batch: number;
  precision?: TrainSettings["precision"];
  /** Whether backbone and decoder are computed twice. */
  withCp?: boolean;
}

/** A preset with the rest. */
export function preset(
  name: keyof typeof PRESETS,
  { batch, precision, withCp = false }: Choice,
): TrainSettings {
  const { model, image } = PRESETS[name];
  return trainSettings.parse({
    image,
    batch,
    precision,
    model: {
      ...model,
      backbone: { ...model.backbone, with_cp: withCp },
      head: { ...model.head, with_cp: withCp },
    },
  });
}
