/**
 * Takes and writes all readings of one key frame.
 * @module
 */
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { paintScene, viewOf } from "./camera.ts";
import { type Canvas, createCanvas, halve } from "./canvas.ts";
import { scan } from "./lidar.ts";
import type { World } from "./options.ts";
import type { Scene } from "./scene.ts";
import { presentAt, secondsOf, type Shot, shotsOf } from "./shots.ts";

/** What the sensors saw of an object in a key frame. */
export interface Sighting {
  /** Index of the object in its scene. */
  body: number;
  /** LiDAR points inside its box. */
  points: number;
  /** Pixels seen in the six images, and those seen if nothing hid it. */
  visible: number;
  alone: number;
}

/** Buffers that are used again for every image of one size. */
export interface Darkroom {
  canvas: Canvas;
  /** [height * width * 3] of the written image. */
  rgb: Uint8ClampedArray;
}

/** Buffers for a world's images. */
export function openDarkroom(world: World): Darkroom {
  const scale = world.supersample;
  const canvas = createCanvas(world.width * scale, world.height * scale);
  const rgb = scale === 1
    ? canvas.rgb
    : new Uint8ClampedArray(3 * world.width * world.height);
  return { canvas, rgb };
}

/**
 * Writes the images and scans of a key frame, and its sweeps if the world has
 * any, under `root`, whose folders exist. Returns the objects present.
 */
export async function recordFrame(
  root: string,
  world: World,
  scene: Scene,
  frame: number,
  darkroom: Darkroom,
): Promise<Sighting[]> {
  const shots = shotsOf(world, scene, frame);
  const key = shots.find((shot) =>
    shot.isKeyFrame && shot.channel === "LIDAR_TOP"
  )!;
  const present = presentAt(world, scene, secondsOf(scene, key.timestampUs));
  const sightings = present.map((body) => ({
    body,
    points: 0,
    visible: 0,
    alone: 0,
  }));
  for (const shot of shots) {
    const time = secondsOf(scene, shot.timestampUs);
    const bodies = shot.isKeyFrame ? present : presentAt(world, scene, time);
    const found = shot.channel === "LIDAR_TOP"
      ? await writeScan(root, world, scene, shot, bodies)
      : await writeImage(root, world, scene, shot, bodies, darkroom);
    if (!shot.isKeyFrame) continue;
    sightings.forEach((sighting, i) => {
      sighting.points += found[i]!.points;
      sighting.visible += found[i]!.visible;
      sighting.alone += found[i]!.alone;
    });
  }
  return sightings;
}

async function writeScan(
  root: string,
  world: World,
  scene: Scene,
  shot: Shot,
  bodies: number[],
) {
  const sensor = scene.rig.find((s) => s.channel === shot.channel)!;
  const { points, hits } = scan(
    scene,
    sensor,
    bodies,
    secondsOf(scene, shot.timestampUs),
    {
      range: world.lidarRange,
      columns: world.lidarColumns,
      groundEvery: world.lidarGroundEvery,
    },
  );
  await writeFile(`${root}/${shot.filename}`, new Uint8Array(points.buffer));
  return hits.map((points) => ({ points, visible: 0, alone: 0 }));
}

async function writeImage(
  root: string,
  world: World,
  scene: Scene,
  shot: Shot,
  bodies: number[],
  { canvas, rgb }: Darkroom,
) {
  const sensor = scene.rig.find((s) => s.channel === shot.channel)!;
  const time = secondsOf(scene, shot.timestampUs);
  const view = viewOf(scene, sensor, time, world.supersample);
  const coverage = paintScene(canvas, view, scene, bodies, time);
  if (world.supersample === 2) halve(canvas, rgb);
  const { width, height, quality } = world;
  const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality }).toBuffer();
  await writeFile(`${root}/${shot.filename}`, jpeg);
  return coverage.map((pixels) => ({ ...pixels, points: 0 }));
}
