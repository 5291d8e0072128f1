/**
 * Writes a nuScenes submission as its samples come.
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { writeWhole } from "../whole.ts";

/** Which sensors a method used; a submission must say. */
export interface ResultsMeta {
  /** Whether camera images were used. */
  use_camera: boolean;
  /** Whether LiDAR points were used. */
  use_lidar: boolean;
  /** Whether radar points were used. */
  use_radar: boolean;
  /** Whether the maps were used. */
  use_map: boolean;
  /** Whether data from outside of nuScenes was used; so for pretraining. */
  use_external: boolean;
}

/** A method that sees with cameras only. */
export const CAMERA_ONLY: ResultsMeta = {
  use_camera: true,
  use_lidar: false,
  use_radar: false,
  use_map: false,
  use_external: false,
};

/** The boxes of a sample; every sample of the split needs an entry. */
export interface SampleBoxes {
  /** Token of the sample. */
  token: string;
  /** Records as the task writes them; may be none. */
  boxes: readonly unknown[];
}

/** Characters gathered before they are written. */
const CHUNK = 1 << 20;

/**
 * Writes `{meta, results}`, as a whole or not at all; returns the number of
 * samples.
 */
export async function writeResults(
  path: string,
  samples: Iterable<SampleBoxes> | AsyncIterable<SampleBoxes>,
  meta: ResultsMeta = CAMERA_ONLY,
): Promise<number> {
  return await writeWhole(path, (file) => writeAll(file, samples, meta));
}

async function writeAll(
  file: FileHandle,
  samples: Iterable<SampleBoxes> | AsyncIterable<SampleBoxes>,
  meta: ResultsMeta,
): Promise<number> {
  let text = `{"meta": ${JSON.stringify(meta)}, "results": {`;
  let count = 0;
  for await (const { token, boxes } of samples) {
    text += `${count++ ? "," : ""}\n${JSON.stringify(token)}: ` +
      JSON.stringify(boxes);
    if (text.length < CHUNK) continue;
    await file.writeFile(text);
    text = "";
  }
  await file.writeFile(text + "\n}}\n");
  return count;
}
