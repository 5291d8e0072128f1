/**
 * Writes the thirteen tables of a case.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Random } from "../../../nusc/world/random.ts";
import { makeDrive } from "./drive.ts";
import { ATTRIBUTE_NAMES, KINDS } from "./kinds.ts";
import {
  addAnnotations,
  addReadings,
  type Fixed,
  GROWING,
  type SceneRows,
  type Tables,
} from "./rows.ts";
import type { Sensor } from "./sensors.ts";
import { Table } from "./table.ts";
import { nextToken, tokens } from "./tokens.ts";

/** Size of a case. */
export interface Size {
  version: string;
  /** Scene names in table order. */
  scenes: readonly string[];
  /** Key frames, spread over the scenes. */
  samples: number;
  sensors: readonly Sensor[];
  seed: number;
}

/**
 * Writes all tables, scene by scene.
 * @param onScene called with each scene's samples and objects
 */
export function writeTables(
  root: string,
  { version, scenes, samples, sensors, seed }: Size,
  onScene: (scene: SceneRows, random: Random) => void = () => {},
): void {
  const folder = `${root}/${version}`;
  mkdirSync(folder, { recursive: true });
  const random = new Random("tables", seed);
  const fixed = writeFixed(root, folder, random, sensors);
  using stack = new DisposableStack();
  const tables = Object.fromEntries(
    GROWING.map((name) => [name, stack.use(new Table(folder, name))]),
  ) as Tables;
  let done = 0;
  scenes.forEach((name, i) => {
    const end = Math.round((i + 1) * samples / scenes.length);
    const start = 1.53e15 + i * 6e7;
    const drive = makeDrive(random, end - done, start);
    done = end;
    const scene = writeScene(tables, fixed, name, drive, random);
    addReadings(tables, fixed, sensors, scene, random);
    addAnnotations(tables, fixed, scene, random);
    onScene(scene, random);
  });
}

/** Writes a scene and its samples. */
function writeScene(
  tables: Tables,
  { log }: Fixed,
  name: string,
  drive: SceneRows["drive"],
  random: Random,
): SceneRows {
  const samples = tokens(random, drive.frames);
  const scene = nextToken(random);
  tables.scene.add({
    token: scene,
    log_token: log,
    nbr_samples: drive.frames,
    first_sample_token: samples[0]!,
    last_sample_token: samples.at(-1)!,
    name,
    description: "made up for a benchmark",
  });
  samples.forEach((token, i) =>
    tables.sample.add({
      token,
      timestamp: drive.start + i * 5e5,
      prev: samples[i - 1] ?? "",
      next: samples[i + 1] ?? "",
      scene_token: scene,
    })
  );
  return { name, drive, samples };
}

/** Writes the tables that do not grow. */
function writeFixed(
  root: string,
  folder: string,
  random: Random,
  sensors: readonly Sensor[],
): Fixed {
  const log = writeLog(folder, random);
  writeMap(root, folder, log, random);
  writeVisibilities(folder);
  const named = (table: string, names: readonly string[]) => {
    using rows = new Table(folder, table);
    return new Map(names.map((name) => {
      const token = nextToken(random);
      rows.add({ token, name, description: name });
      return [name, token];
    }));
  };
  using rows = new Table(folder, "sensor");
  return {
    log,
    categories: named("category", KINDS.map(({ category }) => category)),
    attributes: named("attribute", ATTRIBUTE_NAMES),
    sensors: sensors.map(({ channel, modality }) => {
      const token = nextToken(random);
      rows.add({ token, channel, modality });
      return token;
    }),
  };
}

/** Writes the one log; returns its token. */
function writeLog(folder: string, random: Random): string {
  using logs = new Table(folder, "log");
  const token = nextToken(random);
  logs.add({
    token,
    logfile: "bench",
    vehicle: "n000",
    date_captured: "2018-07-18",
    location: "boston-seaport",
  });
  return token;
}

/** Writes the log's map: the devkit wants to see its file, and reads none. */
function writeMap(
  root: string,
  folder: string,
  log: string,
  random: Random,
): void {
  using maps = new Table(folder, "map");
  const token = nextToken(random);
  const filename = `maps/${token}.png`;
  mkdirSync(`${root}/maps`, { recursive: true });
  writeFileSync(`${root}/${filename}`, "");
  maps.add({ category: "semantic_prior", token, filename, log_tokens: [log] });
}

function writeVisibilities(folder: string): void {
  using levels = new Table(folder, "visibility");
  for (const level of ["v0-40", "v40-60", "v60-80", "v80-100"]) {
    const token = `${levels.rows + 1}`;
    levels.add({ description: level, token, level });
  }
}
