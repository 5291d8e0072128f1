/**
 * What stands and moves in the world: sizes, habits and nuScenes categories.
 * The ten detection classes come in set shares; the other kinds are the ones
 * that nuScenes annotates and its detection task drops.
 * @module
 */
import type { Category } from "./catalog.ts";

/** A named kind of object. */
export type KindName = keyof typeof KINDS;

/** The look and habits of one kind. */
export interface Kind {
  /** Metres: length, width, height. */
  size: [number, number, number];
  /** Relative deviation of the sizes. */
  jitter: number;
  /** Share of the presence in the frames; 0 for kinds not detected. */
  share: number;
  /** Metres from the middle of the road, nearest and farthest. */
  lateral: [number, number];
  /** Chance to move; `lane` at its lane's speed, others at their own. */
  moves?: { chance: number; speed: [number, number]; lane?: boolean };
  /** Chance to stand at any angle rather than along the road. */
  askew: number;
  /** Which attributes it takes. */
  attributes?: "vehicle" | "cycle" | "pedestrian";
  /** Base colour, 0 to 1. */
  colour: [number, number, number];
  variants: { category: Category; weight: number; lengthen?: number }[];
}

const only = (category: Category) => [{ category, weight: 1 }];

/** Kinds by name; the first ten are the detection classes. */
export const KINDS = {
  car: {
    size: [4.6, 1.95, 1.7],
    jitter: 0.08,
    share: 0.2,
    lateral: [7, 16],
    moves: { chance: 0.45, speed: [3, 9], lane: true },
    askew: 0,
    attributes: "vehicle",
    colour: [0.15, 0.25, 0.85],
    variants: only("vehicle.car"),
  },
  truck: {
    size: [7, 2.5, 2.9],
    jitter: 0.08,
    share: 0.09,
    lateral: [7.5, 18],
    moves: { chance: 0.3, speed: [3, 8], lane: true },
    askew: 0,
    attributes: "vehicle",
    colour: [0.85, 0.85, 0.85],
    variants: only("vehicle.truck"),
  },
  construction_vehicle: {
    size: [6.4, 2.8, 3.2],
    jitter: 0.08,
    share: 0.08,
    lateral: [7.5, 18],
    askew: 0.4,
    attributes: "vehicle",
    colour: [0.95, 0.75, 0.1],
    variants: only("vehicle.construction"),
  },
  bus: {
    size: [11, 2.9, 3.5],
    jitter: 0.05,
    share: 0.08,
    lateral: [8, 18],
    moves: { chance: 0.3, speed: [3, 8], lane: true },
    askew: 0,
    attributes: "vehicle",
    colour: [0.85, 0.12, 0.12],
    variants: [
      { category: "vehicle.bus.rigid", weight: 0.8 },
      { category: "vehicle.bus.bendy", weight: 0.2, lengthen: 1.15 },
    ],
  },
  trailer: {
    size: [10, 2.8, 3.9],
    jitter: 0.06,
    share: 0.08,
    lateral: [8, 18],
    askew: 0.3,
    attributes: "vehicle",
    colour: [0.05, 0.5, 0.5],
    variants: only("vehicle.trailer"),
  },
  barrier: {
    size: [0.5, 2.5, 1],
    jitter: 0.08,
    share: 0.09,
    lateral: [3, 12],
    askew: 1,
    colour: [0.9, 0.9, 0.9],
    variants: only("movable_object.barrier"),
  },
  motorcycle: {
    size: [2.1, 0.8, 1.5],
    jitter: 0.06,
    share: 0.09,
    lateral: [3.5, 13],
    moves: { chance: 0.4, speed: [3, 8], lane: true },
    askew: 1,
    attributes: "cycle",
    colour: [0.1, 0.1, 0.12],
    variants: only("vehicle.motorcycle"),
  },
  bicycle: {
    size: [1.7, 0.6, 1.35],
    jitter: 0.06,
    share: 0.09,
    lateral: [3.5, 13],
    moves: { chance: 0.4, speed: [1.5, 4] },
    askew: 1,
    attributes: "cycle",
    colour: [0.1, 0.65, 0.25],
    variants: only("vehicle.bicycle"),
  },
  pedestrian: {
    size: [0.7, 0.7, 1.77],
    jitter: 0.08,
    share: 0.12,
    lateral: [3.5, 14],
    moves: { chance: 0.6, speed: [0.6, 1.6] },
    askew: 1,
    attributes: "pedestrian",
    colour: [0.75, 0.25, 0.75],
    variants: [
      { category: "human.pedestrian.adult", weight: 0.7 },
      { category: "human.pedestrian.child", weight: 0.1 },
      { category: "human.pedestrian.construction_worker", weight: 0.12 },
      { category: "human.pedestrian.police_officer", weight: 0.08 },
    ],
  },
  traffic_cone: {
    size: [0.41, 0.41, 1.07],
    jitter: 0.08,
    share: 0.08,
    lateral: [2.5, 10],
    askew: 1,
    colour: [1, 0.45, 0.05],
    variants: only("movable_object.trafficcone"),
  },
  wheelchair: {
    size: [1.1, 0.7, 1.3],
    jitter: 0.05,
    share: 0,
    lateral: [6, 12],
    askew: 1,
    colour: [0.3, 0.3, 0.35],
    variants: only("human.pedestrian.wheelchair"),
  },
  stroller: {
    size: [1, 0.6, 1.05],
    jitter: 0.05,
    share: 0,
    lateral: [6, 12],
    askew: 1,
    colour: [0.5, 0.15, 0.2],
    variants: only("human.pedestrian.stroller"),
  },
  personal_mobility: {
    size: [1.2, 0.6, 1.6],
    jitter: 0.05,
    share: 0,
    lateral: [6, 12],
    askew: 1,
    attributes: "cycle",
    colour: [0.2, 0.5, 0.6],
    variants: only("human.pedestrian.personal_mobility"),
  },
  animal: {
    size: [0.9, 0.35, 0.65],
    jitter: 0.1,
    share: 0,
    lateral: [5, 12],
    moves: { chance: 0.5, speed: [0.4, 1.5] },
    askew: 1,
    colour: [0.45, 0.3, 0.18],
    variants: only("animal"),
  },
  ambulance: {
    size: [6, 2.2, 2.7],
    jitter: 0.04,
    share: 0,
    lateral: [8, 14],
    askew: 0,
    attributes: "vehicle",
    colour: [0.95, 0.93, 0.88],
    variants: only("vehicle.emergency.ambulance"),
  },
  police: {
    size: [4.8, 1.95, 1.75],
    jitter: 0.04,
    share: 0,
    lateral: [7, 14],
    askew: 0,
    attributes: "vehicle",
    colour: [0.92, 0.92, 0.92],
    variants: only("vehicle.emergency.police"),
  },
  pushable: {
    size: [0.9, 0.6, 1],
    jitter: 0.1,
    share: 0,
    lateral: [6, 12],
    askew: 1,
    colour: [0.35, 0.38, 0.42],
    variants: only("movable_object.pushable_pullable"),
  },
  debris: {
    size: [0.9, 0.7, 0.45],
    jitter: 0.2,
    share: 0,
    lateral: [3, 10],
    askew: 1,
    colour: [0.4, 0.35, 0.28],
    variants: only("movable_object.debris"),
  },
  rack: {
    size: [4, 2.2, 1.5],
    jitter: 0.05,
    share: 0,
    lateral: [7.5, 12],
    askew: 0,
    colour: [0.55, 0.57, 0.6],
    variants: only("static_object.bicycle_rack"),
  },
} as const satisfies Record<string, Kind>;

/** Kinds of the ten detection classes. */
export const DETECTED = (Object.keys(KINDS) as KindName[])
  .filter((name) => KINDS[name].share > 0);
/** Kinds that the detection task drops. */
export const IGNORED = (Object.keys(KINDS) as KindName[])
  .filter((name) => KINDS[name].share === 0);
