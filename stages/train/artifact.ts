/**
 * What the train stage leaves behind: weights and how to use them.
 * @module
 */
import {
  type ParamSpecs,
  parseSafetensors,
  type Plain,
  toMemory,
  toTorch,
  writeSafetensors,
} from "../../models/mod.ts";
import {
  type FrameConfig,
  IMAGENET_BGR,
  IMAGENET_RGB,
} from "../../nusc/loader/mod.ts";
import { writeAtomically } from "./checkpoint.ts";
import type {
  ImageSettings,
  ModelSettings,
  TrainSettings,
} from "./settings.ts";

/** Settings that a trained network carries along, in `model.json`. */
export interface ModelCard {
  model: ModelSettings;
  image: ImageSettings;
}

/** How frames are prepared for a network of these settings. */
export function frameConfig(
  image: ImageSettings,
  model: ModelSettings,
  augmentation?: TrainSettings["augmentation"],
): FrameConfig {
  return {
    view: {
      height: image.height,
      width: image.width,
      resizeLim: image.resize,
      bottomCrop: image.bottom_crop,
      flip: image.flip,
      rotate: image.rotation,
    },
    normalization: image.normalization === "imagenet-bgr"
      ? IMAGENET_BGR
      : IMAGENET_RGB,
    resample: image.resample,
    range: model.head.range,
    rotation: augmentation?.rotation ?? 0,
    scale: augmentation?.scale ?? [1, 1],
    translation: augmentation?.translation ?? [0, 0, 0],
    mirror: augmentation?.mirror ?? 0,
    photometric: image.photometric,
  };
}

/** Writes `weights.safetensors` (PyTorch names and layout) and `model.json`. */
export async function writeModel(
  folder: string,
  specs: ParamSpecs,
  values: Record<string, Plain>,
  card: ModelCard,
): Promise<void> {
  const arrays = new Map<string, Plain>();
  for (const name of Object.keys(specs)) {
    const { data, shape } = values[name]!;
    arrays.set(name, toTorch(name, shape, data));
  }
  const bytes = writeSafetensors(arrays, { format: "pt" });
  await writeAtomically(`${folder}/weights.safetensors`, bytes);
  const text = `${JSON.stringify(card, null, 2)}\n`;
  await Deno.writeTextFile(`${folder}/model.json`, text);
}

/** Reads what {@link writeModel} wrote; weights in memory layout. */
export async function readModel(
  folder: string,
): Promise<{ card: ModelCard; values: Record<string, Plain> }> {
  const card = JSON.parse(await Deno.readTextFile(`${folder}/model.json`));
  const bytes = await Deno.readFile(`${folder}/weights.safetensors`);
  const values: Record<string, Plain> = {};
  for (const [name, { data, shape }] of parseSafetensors(bytes)) {
    values[name] = toMemory(name, shape, data as Float32Array);
  }
  return { card, values };
}
