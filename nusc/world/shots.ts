/**
 * When every sensor fires: key frames at 2 Hz and, if wanted, sweeps between
 * them; and the file that holds each reading.
 * @module
 */
import { Random, token } from "./random.ts";
import { type Channel, CHANNELS, delayOf } from "./rig.ts";
import { egoAt } from "./road.ts";
import { bodyAt } from "./bodies.ts";
import type { Scene } from "./scene.ts";
import type { World } from "./options.ts";

/** One reading of one sensor. */
export interface Shot {
  channel: Channel;
  timestampUs: number;
  isKeyFrame: boolean;
  /** Relative to the dataset's root. */
  filename: string;
  token: string;
}

/** Microseconds between key frames. */
const PERIOD_US = 500_000;
/** Readings from one key frame to the next: 20 Hz and 12 Hz. */
const LIDAR_STEPS = 10;
const CAMERA_STEPS = 6;

/** Microseconds at which a sensor takes a key frame. */
export function keyTimeUs(
  world: World,
  scene: Scene,
  channel: Channel,
  frame: number,
): number {
  const jitter = new Random(world.seed, scene.name, "key", frame, channel);
  const lidar = new Random(world.seed, scene.name, "key", frame, "LIDAR_TOP");
  const base = scene.startUs + frame * PERIOD_US + lidar.index(400);
  if (channel === "LIDAR_TOP") return base;
  return base + Math.round(1e6 * delayOf(channel)) + jitter.index(600) - 300;
}

/** Seconds since the scene's start. */
export function secondsOf(scene: Scene, timestampUs: number): number {
  return (timestampUs - scene.startUs) / 1e6;
}

/**
 * All readings that belong to a key frame, channel by channel in time: the
 * sweeps since the key frame before it, then the key frame itself.
 */
export function shotsOf(world: World, scene: Scene, frame: number): Shot[] {
  const shots: Shot[] = [];
  for (const channel of CHANNELS) {
    const end = keyTimeUs(world, scene, channel, frame);
    if (world.sweeps && frame > 0) {
      const start = keyTimeUs(world, scene, channel, frame - 1);
      const steps = channel === "LIDAR_TOP" ? LIDAR_STEPS : CAMERA_STEPS;
      for (let step = 1; step < steps; step++) {
        const time = Math.round(start + (end - start) * step / steps);
        shots.push(shot(world, scene, channel, time, false));
      }
    }
    shots.push(shot(world, scene, channel, end, true));
  }
  return shots;
}

function shot(
  world: World,
  scene: Scene,
  channel: Channel,
  timestampUs: number,
  isKeyFrame: boolean,
): Shot {
  const folder = isKeyFrame ? "samples" : "sweeps";
  const ending = channel === "LIDAR_TOP" ? "pcd.bin" : "jpg";
  const name = `${scene.log.logfile}__${channel}__${timestampUs}.${ending}`;
  return {
    channel,
    timestampUs,
    isKeyFrame,
    filename: `${folder}/${channel}/${name}`,
    token: token(world.seed, scene.name, "data", channel, timestampUs),
  };
}

/** Indexes of the objects that exist at a time in seconds. */
export function presentAt(world: World, scene: Scene, time: number): number[] {
  const ego = egoAt(scene.drive, time);
  const present: number[] = [];
  scene.bodies.forEach((body, id) => {
    const { x, y } = bodyAt(scene.drive.road, body, time);
    if (Math.hypot(x - ego.x, y - ego.y) < world.radius) present.push(id);
  });
  return present;
}
