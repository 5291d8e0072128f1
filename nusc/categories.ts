/**
 * From nuScenes' 23 categories to the ten detection classes.
 * @module
 */
import type { DetectionName } from "./infos/types.ts";

/** Detection class by category; categories that are not here are ignored. */
export const DETECTION_NAMES: Readonly<Record<string, DetectionName>> = {
  "movable_object.barrier": "barrier",
  "vehicle.bicycle": "bicycle",
  "vehicle.bus.bendy": "bus",
  "vehicle.bus.rigid": "bus",
  "vehicle.car": "car",
  "vehicle.construction": "construction_vehicle",
  "vehicle.motorcycle": "motorcycle",
  "human.pedestrian.adult": "pedestrian",
  "human.pedestrian.child": "pedestrian",
  "human.pedestrian.construction_worker": "pedestrian",
  "human.pedestrian.police_officer": "pedestrian",
  "movable_object.trafficcone": "traffic_cone",
  "vehicle.trailer": "trailer",
  "vehicle.truck": "truck",
};

/** Ground distance from the ego up to which a class is evaluated, metres. */
export const CLASS_RANGES: Readonly<Record<DetectionName, number>> = {
  car: 50,
  truck: 50,
  bus: 50,
  trailer: 50,
  construction_vehicle: 50,
  pedestrian: 40,
  motorcycle: 40,
  bicycle: 40,
  traffic_cone: 30,
  barrier: 30,
};

/**
 * The attribute that a detection of this class and speed is given.
 * Source: CustomNuScenesDataset of StreamPETR, mmdet3d's _format_bbox.
 * @param speed m/s
 */
export function attributeOf(name: DetectionName, speed: number): string {
  const moving = speed > 0.2;
  switch (name) {
    case "barrier":
    case "traffic_cone":
      return "";
    case "pedestrian":
      return moving ? "pedestrian.moving" : "pedestrian.standing";
    case "bicycle":
    case "motorcycle":
      return moving ? "cycle.with_rider" : "cycle.without_rider";
    case "bus":
      return moving ? "vehicle.moving" : "vehicle.stopped";
    default:
      return moving ? "vehicle.moving" : "vehicle.parked";
  }
}
