/**
 * The rows that one scene adds to nuScenes' tables.
 * @module
 */
import { bodyAt, CLEARANCE } from "./bodies.ts";
import { VISIBILITY_STEPS } from "./catalog.ts";
import type { World } from "./options.ts";
import { token } from "./random.ts";
import type { Sighting } from "./record.ts";
import { CHANNELS } from "./rig.ts";
import { egoPose } from "./road.ts";
import type { Scene } from "./scene.ts";
import { keyTimeUs, secondsOf, type Shot, shotsOf } from "./shots.ts";

/** Rows by table; `prev` and `next` are already linked. */
export interface SceneRows {
  log: Row[];
  scene: Row[];
  sample: Row[];
  calibrated_sensor: Row[];
  ego_pose: Row[];
  sample_data: Row[];
  instance: Row[];
  sample_annotation: Row[];
}

/** A row of a table. */
export type Row = Record<string, unknown> & { token: string };

/** Fills in `prev` and `next`; the first and last keep "". */
function chain<T extends Row>(rows: T[]): T[] {
  rows.forEach((row, i) => {
    Object.assign(row, {
      prev: rows[i - 1]?.token ?? "",
      next: rows[i + 1]?.token ?? "",
    });
  });
  return rows;
}

/** All rows of a scene whose key frames saw `sightings`. */
export function sceneRows(
  world: World,
  scene: Scene,
  sightings: Sighting[][],
): SceneRows {
  const name = (...words: (string | number)[]) =>
    token(world.seed, scene.name, ...words);
  const samples = chain(
    Array.from({ length: scene.frames }, (_, frame): Row => ({
      token: name("sample", frame),
      timestamp: keyTimeUs(world, scene, "LIDAR_TOP", frame),
      prev: "",
      next: "",
      scene_token: name("scene"),
    })),
  );
  const tokens = samples.map((sample) => sample.token);
  return {
    log: [{ token: name("log"), ...scene.log }],
    scene: [{
      token: name("scene"),
      log_token: name("log"),
      nbr_samples: scene.frames,
      first_sample_token: tokens[0],
      last_sample_token: tokens[tokens.length - 1],
      name: scene.name,
      description: `Generated street, seed ${world.seed}`,
    }],
    sample: samples,
    calibrated_sensor: scene.rig.map((sensor) => ({
      token: name("calibrated", sensor.channel),
      sensor_token: token("sensor", sensor.channel),
      translation: sensor.translation,
      rotation: sensor.rotation,
      camera_intrinsic: sensor.intrinsic,
    })),
    ...dataRows(world, scene, tokens),
    ...annotationRows(world, scene, sightings, tokens),
  };
}

function dataRows(world: World, scene: Scene, samples: string[]) {
  const shots = samples.flatMap((sample, frame) =>
    shotsOf(world, scene, frame).map((shot) => ({ shot, sample }))
  );
  const sample_data = CHANNELS.flatMap((channel) =>
    chain(
      shots.filter(({ shot }) => shot.channel === channel)
        .map(({ shot, sample }) => dataRow(world, scene, shot, sample)),
    )
  );
  const ego_pose = CHANNELS.flatMap((channel) =>
    shots.filter(({ shot }) => shot.channel === channel).map(({ shot }) => {
      const time = secondsOf(scene, shot.timestampUs);
      const { translation, rotation } = egoPose(scene.drive, time);
      const timestamp = shot.timestampUs;
      return { token: shot.token, timestamp, rotation, translation };
    })
  );
  return { sample_data, ego_pose };
}

function dataRow(world: World, scene: Scene, shot: Shot, sample: string): Row {
  const lidar = shot.channel === "LIDAR_TOP";
  return {
    token: shot.token,
    sample_token: sample,
    ego_pose_token: shot.token,
    calibrated_sensor_token: token(
      world.seed,
      scene.name,
      "calibrated",
      shot.channel,
    ),
    timestamp: shot.timestampUs,
    fileformat: lidar ? "pcd" : "jpg",
    is_key_frame: shot.isKeyFrame,
    height: lidar ? 0 : world.height,
    width: lidar ? 0 : world.width,
    filename: shot.filename,
    prev: "",
    next: "",
  };
}

/**
 * An object is annotated from the first to the last key frame in which the
 * LiDAR meets it; in between it may be hidden and have no points, as in
 * nuScenes.
 */
function annotationRows(
  world: World,
  scene: Scene,
  sightings: Sighting[][],
  samples: string[],
) {
  const instance: Row[] = [];
  const sample_annotation: Row[] = [];
  scene.bodies.forEach((body, id) => {
    const seen = sightings.flatMap((list, frame) =>
      list.filter((s) => s.body === id).map((s) => ({ ...s, frame }))
    );
    const first = seen.findIndex((s) => s.points > 0);
    if (first < 0) return;
    const last = seen.findLastIndex((s) => s.points > 0);
    const own = token(world.seed, scene.name, "instance", id);
    const rows = chain(
      seen.slice(first, last + 1).map((sighting) =>
        annotationRow(world, scene, sighting, samples, own)
      ),
    );
    sample_annotation.push(...rows);
    instance.push({
      token: own,
      category_token: token("category", body.category),
      nbr_annotations: rows.length,
      first_annotation_token: rows[0]!.token,
      last_annotation_token: rows[rows.length - 1]!.token,
    });
  });
  return { instance, sample_annotation };
}

function annotationRow(
  world: World,
  scene: Scene,
  sighting: Sighting & { frame: number },
  samples: string[],
  instance: string,
): Row {
  const { frame, points, visible, alone } = sighting;
  const body = scene.bodies[sighting.body]!;
  const [length, width, height] = body.size;
  const time = secondsOf(scene, keyTimeUs(world, scene, "LIDAR_TOP", frame));
  const place = bodyAt(scene.drive.road, body, time);
  const share = alone > 0 ? visible / alone : 0;
  const level = 1 + VISIBILITY_STEPS.filter((step) => share > step).length;
  const round = (value: number) => Math.round(value * 1000) / 1000;
  return {
    token: token(instance, frame),
    sample_token: samples[frame],
    instance_token: instance,
    visibility_token: String(level),
    attribute_tokens: body.attribute
      ? [token("attribute", body.attribute)]
      : [],
    translation: [place.x, place.y, CLEARANCE + height / 2].map(round),
    size: [width, length, height],
    rotation: [Math.cos(place.heading / 2), 0, 0, Math.sin(place.heading / 2)],
    prev: "",
    next: "",
    num_lidar_pts: points,
    num_radar_pts: 0,
  };
}
