/**
 * The tables that are the same in every nuScenes folder.
 * @module
 */
import { token } from "./random.ts";

/** All categories of nuScenes v1.0, in the order of its table. */
export const CATEGORIES = [
  "human.pedestrian.adult",
  "human.pedestrian.child",
  "human.pedestrian.wheelchair",
  "human.pedestrian.stroller",
  "human.pedestrian.personal_mobility",
  "human.pedestrian.police_officer",
  "human.pedestrian.construction_worker",
  "animal",
  "vehicle.car",
  "vehicle.motorcycle",
  "vehicle.bicycle",
  "vehicle.bus.bendy",
  "vehicle.bus.rigid",
  "vehicle.truck",
  "vehicle.construction",
  "vehicle.emergency.ambulance",
  "vehicle.emergency.police",
  "vehicle.trailer",
  "movable_object.barrier",
  "movable_object.trafficcone",
  "movable_object.pushable_pullable",
  "movable_object.debris",
  "static_object.bicycle_rack",
] as const;
/** A category name of nuScenes. */
export type Category = (typeof CATEGORIES)[number];

/** All attributes of nuScenes v1.0. */
export const ATTRIBUTES = [
  "vehicle.moving",
  "vehicle.stopped",
  "vehicle.parked",
  "cycle.with_rider",
  "cycle.without_rider",
  "pedestrian.sitting_lying_down",
  "pedestrian.standing",
  "pedestrian.moving",
] as const;
/** An attribute name of nuScenes. */
export type Attribute = (typeof ATTRIBUTES)[number];

const VISIBILITY = ["0-40", "40-60", "60-80", "80-100"];

/** Upper ends of visibility levels 1 to 3, as visible fractions. */
export const VISIBILITY_STEPS = [0.4, 0.6, 0.8];

/** The `category`, `attribute` and `visibility` tables. */
export function catalogTables() {
  const rows = (names: readonly string[], kind: string) =>
    names.map((name) => ({
      token: token(kind, name),
      name,
      description: `Generated ${name}`,
    }));
  return {
    category: rows(CATEGORIES, "category"),
    attribute: rows(ATTRIBUTES, "attribute"),
    visibility: VISIBILITY.map((range, index) => ({
      description: `visibility of whole object is between ${range}%`,
      token: String(index + 1),
      level: `v${range}`,
    })),
  };
}
