/**
 * Settings of the generated world, their defaults and their limits.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { SCENES, type Version } from "./names.ts";

/** Everything that decides what is written, except the folder. */
export interface WorldOptions {
  /** Another seed gives another world. */
  seed: number;
  /**
   * Default: `v1.0-mini` while its 8 training and 2 validation scenes
   * suffice, else `v1.0-trainval`.
   */
  version?: Version;
  /** Scenes of the training split: at most 8 in mini, 700 in trainval. */
  trainScenes: number;
  /** Scenes of the validation split: at most 2 in mini, 40 in trainval. */
  valScenes: number;
  /** Key frames of a training scene, two a second. */
  trainFrames: number;
  /** Key frames of a validation scene. */
  valFrames: number;
  /** Pixels; the cameras are nuScenes' (1600x900), scaled. */
  width: number;
  /** Pixels. */
  height: number;
  /** JPEG quality, 1 to 100. */
  quality: number;
  /** 2 averages 2x2 rays a pixel. */
  supersample: 1 | 2;
  /** Metres: an object exists while its centre is this near to the ego. */
  radius: number;
  /** Objects of the ten classes that exist in a frame, on average. */
  density: number;
  /** Metres: the LiDAR sees nothing beyond; default radius + 5. */
  lidarRange?: number;
  /** LiDAR firings a turn (nuScenes: about 1085). */
  lidarColumns: number;
  /** Only every n-th firing keeps its returns from the ground. */
  lidarGroundEvery: number;
  /** Also write 12 Hz camera and 20 Hz LiDAR sweeps between key frames. */
  sweeps: boolean;
  /** Threads; they do not change a byte. Default: one a core. */
  workers?: number;
}

/** What the world is unless told otherwise. */
export const WORLD_DEFAULTS = {
  seed: 0,
  trainScenes: 8,
  valScenes: 2,
  trainFrames: 40,
  valFrames: 40,
  width: 352,
  height: 198,
  quality: 92,
  supersample: 1,
  radius: 20,
  density: 12,
  lidarColumns: 1080,
  lidarGroundEvery: 6,
  sweeps: false,
} as const satisfies WorldOptions;

/** Options with nothing left open; what a thread is told. */
export interface World extends Required<WorldOptions> {
  version: Version;
}

/** A scene to be written. */
export interface ScenePlan {
  name: string;
  frames: number;
}

/** Fills in what was left open and refuses what cannot be. */
export function resolveOptions(options: Partial<WorldOptions>): World {
  const given = { ...WORLD_DEFAULTS, ...options };
  const mini = SCENES["v1.0-mini"];
  const version = given.version ??
    (given.trainScenes <= mini.train.length &&
        given.valScenes <= mini.val.length
      ? "v1.0-mini"
      : "v1.0-trainval");
  const world: World = {
    ...given,
    version,
    lidarRange: given.lidarRange ?? given.radius + 5,
    workers: given.workers ?? navigator.hardwareConcurrency,
  };
  if (!(version in SCENES)) {
    throw new DatasetError(
      `Cannot generate version "${version}", expected one of ${
        Object.keys(SCENES).join(", ")
      }`,
    );
  }
  const { train, val } = SCENES[version];
  within(world, "trainScenes", 0, train.length);
  within(world, "valScenes", 0, val.length);
  within(world, "trainFrames", 1, 400);
  within(world, "valFrames", 1, 400);
  within(world, "width", 16, 4096);
  within(world, "height", 9, 4096);
  within(world, "radius", 8, 80);
  within(world, "density", 0, 200);
  within(world, "lidarColumns", 36, 3600);
  within(world, "workers", 1, 1024);
  return world;
}

function within(
  world: World,
  key: Exclude<keyof World, "version" | "sweeps">,
  low: number,
  high: number,
): void {
  const value = world[key];
  if (value >= low && value <= high) return;
  throw new DatasetError(
    `Cannot generate ${world.version}: ${key} is ${value}, ` +
      `expected ${low} to ${high}`,
  );
}

/** The scenes of this world, training ones first. */
export function planScenes(world: World): ScenePlan[] {
  const { train, val } = SCENES[world.version];
  return [
    ...train.slice(0, world.trainScenes).map((name) => ({
      name,
      frames: world.trainFrames,
    })),
    ...val.slice(0, world.valScenes).map((name) => ({
      name,
      frames: world.valFrames,
    })),
  ];
}
