/**
 * Rows of one scene: sensor readings with ego poses, and annotations.
 * @module
 */
import type { Random } from "../../../nusc/world/random.ts";
import {
  type Drive,
  egoAt,
  PERIOD,
  round,
  type Thing,
  thingAt,
  turn,
} from "./drive.ts";
import type { Sensor } from "./sensors.ts";
import type { Table } from "./table.ts";
import { nextToken, tokens } from "./tokens.ts";

/** Tables that grow with the scenes. */
export const GROWING = [
  "scene",
  "sample",
  "sample_data",
  "ego_pose",
  "calibrated_sensor",
  "instance",
  "sample_annotation",
] as const;

/** Those tables, open. */
export type Tables = Record<(typeof GROWING)[number], Table>;

/** Tokens that rows of all scenes point to. */
export interface Fixed {
  log: string;
  /** By category. */
  categories: Map<string, string>;
  attributes: Map<string, string>;
  /** By sensor. */
  sensors: string[];
}

/** A scene that is being written. */
export interface SceneRows {
  name: string;
  drive: Drive;
  /** Tokens in time. */
  samples: string[];
}

/** Adds calibrations, readings of all sensors and where the car was then. */
export function addReadings(
  tables: Tables,
  fixed: Fixed,
  sensors: readonly Sensor[],
  scene: SceneRows,
  random: Random,
): void {
  sensors.forEach((sensor, i) => {
    const calibration = nextToken(random);
    const { translation, rotation, modality } = sensor;
    tables.calibrated_sensor.add({
      ...{ token: calibration, sensor_token: fixed.sensors[i]! },
      ...{ translation, rotation },
      camera_intrinsic: modality === "camera"
        ? [[1266.417203046554, 0, 816.2670197447984], [
          ...[0, 1266.417203046554, 491.50706579294757],
        ], [0, 0, 1]]
        : [],
    });
    addChain(tables, calibration, sensor, scene, random);
  });
}

/** Adds the readings of one sensor, the first and last at key frames. */
function addChain(
  tables: Tables,
  calibration: string,
  { channel, modality, readings, format }: Sensor,
  { drive, samples }: SceneRows,
  random: Random,
): void {
  const all = tokens(random, (samples.length - 1) * readings + 1);
  const [width, height] = modality === "camera" ? [1600, 900] : [0, 0];
  all.forEach((token, i) => {
    const seconds = i * PERIOD / readings;
    const timestamp = drive.start + Math.round(seconds * 1e6);
    const key = i % readings === 0;
    const folder = key ? "samples" : "sweeps";
    tables.sample_data.add({
      token,
      // A sweep belongs to the key frame after it.
      sample_token: samples[Math.ceil(i / readings)]!,
      ego_pose_token: token,
      calibrated_sensor_token: calibration,
      timestamp,
      fileformat: format.slice(0, 3),
      is_key_frame: key,
      height: height!,
      width: width!,
      filename: `${folder}/${channel}/n000-2018-07-18-11-07-57+0800__` +
        `${channel}__${timestamp}.${format}`,
      prev: all[i - 1] ?? "",
      next: all[i + 1] ?? "",
    });
    const { x, y } = egoAt(drive, seconds);
    const rotation = turn(drive.heading + 1e-4 * random.normal());
    tables.ego_pose.add({ token, timestamp, rotation, translation: [x, y, 0] });
  });
}

/** Adds the scene's objects and an annotation for each of their key frames. */
export function addAnnotations(
  tables: Tables,
  fixed: Fixed,
  { drive, samples }: SceneRows,
  random: Random,
): void {
  for (const thing of drive.things) {
    const all = tokens(random, thing.end - thing.first);
    const instance = nextToken(random);
    tables.instance.add({
      token: instance,
      category_token: fixed.categories.get(thing.kind.category)!,
      nbr_annotations: all.length,
      first_annotation_token: all[0]!,
      last_annotation_token: all.at(-1)!,
    });
    all.forEach((token, i) => {
      const { x, y } = thingAt(thing, thing.first + i);
      tables.sample_annotation.add({
        token,
        sample_token: samples[thing.first + i]!,
        instance_token: instance,
        visibility_token: `${1 + random.index(4)}`,
        attribute_tokens: attributesOf(thing, fixed),
        translation: [round(x), round(y), round(thing.z)],
        size: thing.size,
        rotation: turn(thing.yaw),
        prev: all[i - 1] ?? "",
        next: all[i + 1] ?? "",
        num_lidar_pts: random.chance(0.07) ? 0 : 1 + random.index(200),
        num_radar_pts: random.chance(0.7) ? 0 : 1 + random.index(5),
      });
    });
  }
}

function attributesOf({ kind, vx, vy }: Thing, fixed: Fixed): string[] {
  if (!kind.attributes) return [];
  const name = kind.attributes[vx === 0 && vy === 0 ? 1 : 0];
  return [fixed.attributes.get(name)!];
}
