/**
 * What stands on the streets: categories with their share of nuScenes'
 * annotations, sizes and attributes.
 * @module
 */

/** A category of objects. */
export interface Kind {
  category: string;
  /** Class of the detection task; absent ones are not detected. */
  detected?: string;
  /** Per thousand annotations, about. */
  weight: number;
  /** Width, length, height, metres. */
  size: readonly [number, number, number];
  /** m/s of one that moves, 0 for what never does. */
  speed: number;
  /** Attributes of one that moves and one that does not. */
  attributes: readonly [string, string] | null;
}

const VEHICLE = ["vehicle.moving", "vehicle.parked"] as const;
const CYCLE = ["cycle.with_rider", "cycle.without_rider"] as const;
const PERSON = ["pedestrian.moving", "pedestrian.standing"] as const;

function kind(
  category: string,
  weight: number,
  size: Kind["size"],
  more: Partial<Kind> = {},
): Kind {
  return { category, weight, size, speed: 0, attributes: null, ...more };
}

function vehicle(
  detected: string,
  category: string,
  weight: number,
  size: Kind["size"],
): Kind {
  const more = { detected, speed: 8, attributes: VEHICLE };
  return kind(`vehicle.${category}`, weight, size, more);
}

const walker = { speed: 1.2, attributes: PERSON, detected: "pedestrian" };
const rider = { speed: 5, attributes: CYCLE };

/** All kinds, those that are not detected last. */
export const KINDS: readonly Kind[] = [
  vehicle("car", "car", 423, [1.95, 4.62, 1.73]),
  vehicle("truck", "truck", 76, [2.51, 6.93, 2.84]),
  vehicle("bus", "bus.rigid", 14, [2.94, 11.2, 3.47]),
  vehicle("trailer", "trailer", 21, [2.9, 12.3, 3.87]),
  vehicle("construction_vehicle", "construction", 13, [2.73, 6.37, 3.19]),
  kind("human.pedestrian.adult", 190, [0.67, 0.73, 1.77], walker),
  kind("vehicle.motorcycle", 11, [0.77, 2.11, 1.47], {
    ...rider,
    detected: "motorcycle",
  }),
  kind("vehicle.bicycle", 10, [0.6, 1.7, 1.28], {
    ...rider,
    detected: "bicycle",
  }),
  kind("movable_object.trafficcone", 84, [0.41, 0.41, 1.07], {
    detected: "traffic_cone",
  }),
  kind("movable_object.barrier", 130, [2.5, 0.5, 0.98], {
    detected: "barrier",
  }),
  kind("movable_object.pushable_pullable", 21, [0.57, 0.58, 1.07]),
  kind("movable_object.debris", 3, [1.0, 1.3, 0.46]),
  kind("static_object.bicycle_rack", 4, [6.5, 1.2, 1.3]),
];

/** Names of all attributes that kinds have. */
export const ATTRIBUTE_NAMES = [...VEHICLE, ...CYCLE, ...PERSON];
