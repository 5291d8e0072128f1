/**
 * A seeded generator of true nuScenes v1.0 folders: a street with the ten
 * detection classes, seen by six cameras and a LiDAR that move with the ego.
 * Same tables, file names, frames and units as the recorded dataset, so that
 * what reads one reads the other.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { planScenes, resolveOptions, type WorldOptions } from "./options.ts";
import type { Version } from "./names.ts";
import { recordAll, type Watch } from "./pool.ts";
import { CHANNELS } from "./rig.ts";
import { buildScene } from "./scene.ts";
import { buildTables, writeTables } from "./tables.ts";
import { writeMaps } from "./maps.ts";

export { WORLD_DEFAULTS, type WorldOptions } from "./options.ts";
export type { Version } from "./names.ts";
export type { Watch } from "./pool.ts";

/** What has been generated. */
export interface WorldSummary {
  /** Name of the tables' folder. */
  version: Version;
  /** Names, training scenes first. */
  scenes: string[];
  /** Key frames in all. */
  frames: number;
  /** Rows of `sample_annotation`. */
  annotations: number;
}

/**
 * Writes a nuScenes folder at `root`: tables, maps, samples and, if asked
 * for, sweeps. The bytes depend on the options (`workers` apart) and nothing
 * else; a scene's content depends on the seed and its name, not on the other
 * scenes.
 *
 * @throws {DatasetError} if an option is out of range
 */
export async function generateWorld(
  root: string,
  options: Partial<WorldOptions> = {},
  watch: Watch = {},
): Promise<WorldSummary> {
  const world = resolveOptions(options);
  const plans = planScenes(world);
  const folders = ["maps", world.version];
  for (const channel of CHANNELS) {
    folders.push(`samples/${channel}`);
    if (world.sweeps) folders.push(`sweeps/${channel}`);
  }
  for (const folder of folders) {
    await mkdir(`${root}/${folder}`, { recursive: true });
  }
  const sightings = await recordAll(root, world, plans, watch);
  const scenes = plans.map(({ name, frames }) =>
    buildScene(world, name, frames)
  );
  await writeMaps(root, scenes);
  const tables = buildTables(world, scenes, sightings);
  watch.signal?.throwIfAborted();
  await writeTables(`${root}/${world.version}`, tables);
  return {
    version: world.version,
    scenes: plans.map((plan) => plan.name),
    frames: tables.sample!.length,
    annotations: tables.sample_annotation!.length,
  };
}
