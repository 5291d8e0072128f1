/**
 * Whole scenes for each of several processes. What is found in a scene goes
 * into a file of its own in the scratch folder, which all of them see: the
 * submission is put together from these, so it does not depend on how many
 * there were, and a run that was stopped goes on with the scenes that lack.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { FrameInfo, SampleBoxes } from "../../nusc/mod.ts";
import type { Launch } from "../../pipeline/stage.ts";

/** Frames of a scene, in order. */
export interface Scene {
  /** Place among all scenes. */
  index: number;
  frames: FrameInfo[];
}

/** How often rank 0 looks for what others have found. */
const POLL_MS = 50;

/** Frames of each scene, in the order in which they stand. */
export function scenesOf(infos: readonly FrameInfo[]): Scene[] {
  const scenes: Scene[] = [];
  let last: string | null = null;
  for (const info of infos) {
    if (info.scene_token !== last) {
      scenes.push({ index: scenes.length, frames: [] });
    }
    last = info.scene_token;
    scenes.at(-1)!.frames.push(info);
  }
  return scenes;
}

/** Every N-th scene: of nuScenes' they are all about as long. */
export function shareOf(
  scenes: readonly Scene[],
  { rank, size }: Pick<Launch, "rank" | "size">,
): Scene[] {
  return scenes.filter(({ index }) => index % size === rank);
}

/** What was found so far, in files of a folder. */
export class Findings {
  readonly #there = new Set<number>();

  constructor(readonly folder: string) {}

  /** Whether a scene is done, here or elsewhere. */
  async has({ index }: Scene): Promise<boolean> {
    if (this.#there.has(index)) return true;
    try {
      await Deno.stat(this.#path(index));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    this.#there.add(index);
    return true;
  }

  /** Keeps what was found in a scene, whole or not at all. */
  async keep({ index }: Scene, samples: readonly SampleBoxes[]): Promise<void> {
    const path = this.#path(index);
    await Deno.writeTextFile(`${path}.partial`, JSON.stringify(samples));
    await Deno.rename(`${path}.partial`, path);
  }

  /** Keeps samples that come in the order of the scenes' frames. */
  async keepAll(
    scenes: readonly Scene[],
    samples: AsyncIterable<SampleBoxes>,
  ): Promise<void> {
    let [next, found] = [0, [] as SampleBoxes[]];
    for await (const sample of samples) {
      found.push(sample);
      const scene = scenes[next]!;
      if (found.length < scene.frames.length) continue;
      await this.keep(scene, found);
      [next, found] = [next + 1, []];
    }
  }

  /** Those of the scenes that are not done. */
  async lacking(scenes: readonly Scene[]): Promise<Scene[]> {
    const done = await Promise.all(scenes.map((scene) => this.has(scene)));
    return scenes.filter((_, i) => !done[i]);
  }

  /**
   * Returns once all scenes are done.
   * @param onWait hears of those that are not, each time it has looked.
   * @throws the signal's reason
   */
  async wait(
    scenes: readonly Scene[],
    signal: AbortSignal,
    onWait: (lacking: Scene[]) => void,
  ): Promise<void> {
    for (;;) {
      const lacking = await this.lacking(scenes);
      onWait(lacking);
      if (lacking.length === 0) return;
      signal.throwIfAborted();
      await delay(POLL_MS);
    }
  }

  /** All samples of the scenes, in order. */
  async *samples(scenes: readonly Scene[]): AsyncGenerator<SampleBoxes> {
    for (const { index } of scenes) {
      yield* JSON.parse(await Deno.readTextFile(this.#path(index)));
    }
  }

  #path(index: number): string {
    return `${this.folder}/scene-${index}.json`;
  }
}
