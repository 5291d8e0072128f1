/**
 * Writes the thirteen tables of a nuScenes folder.
 * @module
 */
import { writeFile } from "node:fs/promises";
import { catalogTables } from "./catalog.ts";
import type { World } from "./options.ts";
import type { Sightings } from "./pool.ts";
import { token } from "./random.ts";
import { CHANNELS } from "./rig.ts";
import { type Row, type SceneRows, sceneRows } from "./rows.ts";
import { mapToken, type Scene } from "./scene.ts";

/** All tables by name, scene after scene. */
export function buildTables(
  world: World,
  scenes: Scene[],
  sightings: Sightings,
): Record<string, Row[]> {
  const all = scenes.map((scene, i) => sceneRows(world, scene, sightings[i]!));
  const join = (table: keyof SceneRows) => all.flatMap((rows) => rows[table]);
  return {
    ...catalogTables(),
    sensor: CHANNELS.map((channel) => ({
      token: token("sensor", channel),
      channel,
      modality: channel === "LIDAR_TOP" ? "lidar" : "camera",
    })),
    map: mapRows(scenes, all),
    log: join("log"),
    scene: join("scene"),
    sample: join("sample"),
    calibrated_sensor: join("calibrated_sensor"),
    ego_pose: join("ego_pose"),
    sample_data: join("sample_data"),
    instance: join("instance"),
    sample_annotation: join("sample_annotation"),
  };
}

function mapRows(scenes: Scene[], rows: SceneRows[]): Row[] {
  const locations = [...new Set(scenes.map((scene) => scene.log.location))];
  return locations.map((location) => ({
    category: "semantic_prior",
    token: mapToken(location),
    filename: `maps/${mapToken(location)}.png`,
    log_tokens: rows.flatMap((row) => row.log)
      .filter((log) => log.location === location).map((log) => log.token),
  }));
}

/** Writes each table as a JSON array with a row a line. */
export async function writeTables(
  folder: string,
  tables: Record<string, Row[]>,
): Promise<void> {
  for (const [name, rows] of Object.entries(tables)) {
    const lines = rows.map((row) => JSON.stringify(row)).join(",\n");
    await writeFile(`${folder}/${name}.json`, `[\n${lines}\n]\n`);
  }
}
