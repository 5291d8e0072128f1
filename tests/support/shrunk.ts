/**
 * Published configs at a size that trains within a test.
 * @module
 */
import type { StageEvent } from "../../pipeline/stage.ts";
import { exportSettings } from "../../stages/export.ts";
import { exportModel } from "../../stages/export/run.ts";
import type { TrainSettings } from "../../stages/train/settings.ts";
import { train } from "../../stages/train/run.ts";
import { trainSettingsOf } from "./configs.ts";
import { contextOf, type Inputs } from "./stages.ts";

/** A config's settings, its network as small as its kind allows. */
export function shrunk(file: string): TrainSettings {
  const settings = trainSettingsOf(file);
  const { model, image, schedule } = settings;
  const few = (count: number) => Math.max(2, Math.round(count / 64));
  const { head, backbone } = model;
  return {
    ...settings,
    batch: 1,
    threads: 2,
    feeding: { threads: 0, prefetch: 1 },
    model: {
      ...model,
      channels: 32,
      backbone: backbone.type === "eva02"
        ? { ...backbone, width: 32, heads: 2, depth: 3 }
        : { ...backbone, width: 4 },
      head: {
        ...head,
        queries: few(head.queries),
        propagated: few(head.propagated),
        memory: few(head.memory),
        topk: few(head.topk),
        layers: 2,
        feedforward: 32,
        points: 3,
      },
      denoising: model.denoising &&
        { ...model.denoising, groups: 2, bucket: 8 },
    },
    window: settings.window && { ...settings.window, length: 3 },
    image: { ...image, height: 32, width: 64, resize: [0.36, 0.4] },
    schedule: { ...schedule, iterations: 2, epochs: null },
  };
}

/** What a shrunk config did. */
export interface Trial {
  /** Loss terms of both iterations, by the reference's names. */
  losses: Record<string, number>[];
  /** Messages of training and export. */
  messages: string[];
  /** The exported network, bytes. */
  size: number;
}

/**
 * Trains a shrunk config for two iterations and exports it; the export is
 * followed over two scenes.
 */
export async function trial(
  file: string,
  inputs: Inputs,
  folder: string,
): Promise<Trial> {
  const events: StageEvent[] = [];
  const of = (stage: string) => `${folder}/${file}/${stage}`;
  const hear = (event: StageEvent) => events.push(event);
  const settings = { ...shrunk(file), log_every: 1 };
  await train(contextOf(settings, inputs, of("train"), hear));
  await exportModel(contextOf(
    exportSettings.parse({ tolerance: 1e-3, split: "train", frames: 2 }),
    { ...inputs, train: `${of("train")}/out` },
    of("export"),
    hear,
  ));
  return {
    losses: events.filter((event) => event.type === "scalars")
      .map(({ values }) => values),
    messages: events.filter((event) => event.type === "message")
      .map(({ text }) => text),
    size: Deno.statSync(`${of("export")}/out/model.onnx`).size,
  };
}
