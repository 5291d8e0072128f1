/**
 * The attribute of a detection that has none, by its speed.
 * Source: mmdet3d 1.0.0rc6, NuScenesDataset._format_bbox.
 * @module
 */
import type { Attribute } from "./categories.ts";
import type { DetectionName } from "./infos/types.ts";

/** Faster than this, m/s, an object moves. */
const MOVING = 0.2;

type Rule = readonly [moving: Attribute, still: Attribute];

const VEHICLE: Rule = ["vehicle.moving", "vehicle.parked"];
const CYCLE: Rule = ["cycle.with_rider", "cycle.without_rider"];

const RULES: Record<DetectionName, Rule | null> = {
  car: VEHICLE,
  truck: VEHICLE,
  trailer: VEHICLE,
  construction_vehicle: VEHICLE,
  bus: ["vehicle.moving", "vehicle.stopped"],
  bicycle: CYCLE,
  motorcycle: CYCLE,
  pedestrian: ["pedestrian.moving", "pedestrian.standing"],
  traffic_cone: null,
  barrier: null,
};

/** The attribute by rule; empty for classes that have none; speed in m/s. */
export function defaultAttribute(
  name: DetectionName,
  speed: number,
): Attribute | "" {
  return RULES[name]?.[speed > MOVING ? 0 : 1] ?? "";
}
