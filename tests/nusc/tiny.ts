/**
 * A dataset by hand: two scenes of two key frames, seven sensors, one car and
 * one pedestrian, so that single rows can be damaged.
 */
import { CAMERAS } from "../../nusc/mod.ts";

// deno-lint-ignore no-explicit-any -- rows that tests damage
export type Row = Record<string, any>;
export type Tables = Record<string, Row[]>;

/** 32 hexadecimal digits out of a name. */
export function token(name: string): string {
  let hash = 0x811c9dc5;
  return Array.from({ length: 4 }, (_, i) => {
    for (const char of `${name}${i}`) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    }
    return (hash >>> 0).toString(16).padStart(8, "0");
  }).join("");
}

export const SCENES = ["scene-0103", "scene-0916"];

/** Token of the sample `frame` of a scene. */
export function sampleToken(scene: string, frame: number): string {
  return token(`sample ${scene} ${frame}`);
}

const CHANNELS = [...CAMERAS, "LIDAR_TOP"];
const FIRST_US = 1_532_000_000_000_000;

/** Where the pedestrian walks: 1 m/s along y. */
function placeOf(name: string, frame: number): number[] {
  return name === "car" ? [110, 50, 1] : [100, 60 + 0.5 * frame, 1];
}

function fixedTables(): Tables {
  const categories = { car: "vehicle.car", walker: "human.pedestrian.adult" };
  return {
    attribute: ["vehicle.parked", "pedestrian.moving"].map((name) => ({
      token: token(name),
      name,
    })),
    category: Object.entries(categories).map(([key, name]) => ({
      token: token(key),
      name,
    })),
    visibility: [{ token: "4", level: "v80-100" }],
    log: [{ token: token("log") }],
    map: [{ token: token("map"), log_tokens: [token("log")] }],
    sensor: CHANNELS.map((channel) => ({ token: token(channel), channel })),
    calibrated_sensor: CHANNELS.map((channel) => ({
      token: token(`cs ${channel}`),
      sensor_token: token(channel),
      translation: [1, 0, 1.5],
      rotation: channel === "LIDAR_TOP" ? [1, 0, 0, 0] : [0.5, -0.5, 0.5, -0.5],
      camera_intrinsic: channel === "LIDAR_TOP"
        ? []
        : [[800, 0, 800], [0, 800, 450], [0, 0, 1]],
    })),
  };
}

/** Rows of all thirteen tables. */
export function tinyTables(): Tables {
  const tables: Tables = {
    ...fixedTables(),
    scene: [],
    sample: [],
    sample_data: [],
    ego_pose: [],
    instance: [],
    sample_annotation: [],
  };
  for (const scene of SCENES) addScene(tables, scene);
  return tables;
}

function addScene(tables: Tables, scene: string): void {
  const link = (frame: number, of: (frame: number) => string) =>
    frame < 0 || frame > 1 ? "" : of(frame);
  const sample = (frame: number) => sampleToken(scene, frame);
  tables.scene!.push({
    token: token(scene),
    name: scene,
    description: "",
    nbr_samples: 2,
    first_sample_token: sample(0),
    last_sample_token: sample(1),
  });
  for (const frame of [0, 1]) {
    const timestamp = FIRST_US + 500_000 * frame;
    tables.sample!.push({
      token: sample(frame),
      timestamp,
      prev: link(frame - 1, sample),
      next: link(frame + 1, sample),
      scene_token: token(scene),
    });
    for (const channel of CHANNELS) {
      const reading = (i: number) => token(`sd ${scene} ${i} ${channel}`);
      tables.ego_pose!.push({
        token: reading(frame),
        timestamp,
        rotation: [1, 0, 0, 0],
        translation: [100, 50, 0],
      });
      tables.sample_data!.push({
        token: reading(frame),
        sample_token: sample(frame),
        ego_pose_token: reading(frame),
        calibrated_sensor_token: token(`cs ${channel}`),
        timestamp,
        fileformat: channel === "LIDAR_TOP" ? "pcd" : "jpg",
        is_key_frame: true,
        height: 900,
        width: 1600,
        filename: `samples/${channel}/${scene}_${frame}.jpg`,
        prev: link(frame - 1, reading),
        next: link(frame + 1, reading),
      });
    }
  }
  for (const name of ["car", "walker"]) addObject(tables, scene, name);
}

function addObject(tables: Tables, scene: string, name: string): void {
  const own = (frame: number) =>
    frame < 0 || frame > 1 ? "" : token(`ann ${scene} ${name} ${frame}`);
  tables.instance!.push({
    token: token(`${name} ${scene}`),
    category_token: token(name),
  });
  for (const frame of [0, 1]) {
    tables.sample_annotation!.push({
      token: own(frame),
      sample_token: sampleToken(scene, frame),
      instance_token: token(`${name} ${scene}`),
      visibility_token: "4",
      attribute_tokens: [
        token(name === "car" ? "vehicle.parked" : "pedestrian.moving"),
      ],
      translation: placeOf(name, frame),
      size: name === "car" ? [2, 4.5, 1.6] : [0.6, 0.7, 1.7],
      rotation: [1, 0, 0, 0],
      prev: own(frame - 1),
      next: own(frame + 1),
      num_lidar_pts: 5,
      num_radar_pts: 0,
    });
  }
}

/** Writes tables as a dataset in a new folder; runs work; removes it. */
export async function withDataset<T>(
  tables: Tables,
  work: (root: string) => T | Promise<T>,
): Promise<T> {
  const root = await Deno.makeTempDir({ prefix: "tiny-" });
  try {
    await Deno.mkdir(`${root}/v1.0-mini`);
    for (const [name, rows] of Object.entries(tables)) {
      await Deno.writeTextFile(
        `${root}/v1.0-mini/${name}.json`,
        JSON.stringify(rows, null, 1),
      );
    }
    return await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Boxes that find all annotations exactly. */
export function perfectResults(tables: Tables): {
  meta: Row;
  results: Record<string, Row[]>;
} {
  const names: Record<string, [string, string, number[]]> = {
    [token("car")]: ["car", "vehicle.parked", [0, 0]],
    [token("walker")]: ["pedestrian", "pedestrian.moving", [0, 1]],
  };
  const categories = Object.fromEntries(
    tables.instance!.map((row) => [row.token, row.category_token]),
  );
  const results: Record<string, Row[]> = Object.fromEntries(
    tables.sample!.map((row) => [row.token, []]),
  );
  tables.sample_annotation!.forEach((row, i) => {
    const [name, attribute, velocity] = names[categories[row.instance_token]]!;
    results[row.sample_token]!.push({
      sample_token: row.sample_token,
      translation: row.translation,
      size: row.size,
      rotation: row.rotation,
      velocity,
      detection_name: name,
      detection_score: 0.9 - 0.01 * i,
      attribute_name: attribute,
    });
  });
  return { meta: { use_camera: true }, results };
}
