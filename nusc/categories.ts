/**
 * Names of nuScenes' tasks: categories, classes, attributes, ranges.
 * Source: nuscenes-devkit, eval/detection/{utils,constants}.py and
 * eval/tracking/utils.py.
 * @module
 */
import type { DetectionName } from "./infos/types.ts";

/** The devkit's order of classes, in which metrics are written. */
export const DETECTION_NAMES: readonly DetectionName[] = [
  "car",
  "truck",
  "bus",
  "trailer",
  "construction_vehicle",
  "pedestrian",
  "motorcycle",
  "bicycle",
  "traffic_cone",
  "barrier",
];

/** Class of a category; categories that are not here are not detected. */
export const DETECTION_OF_CATEGORY: Readonly<Record<string, DetectionName>> = {
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

/** Boxes farther from the ego than this are not evaluated; metres. */
export const CLASS_RANGE: Readonly<Record<DetectionName, number>> = {
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

/** Two-wheelers in a box of this category are not evaluated. */
export const BICYCLE_RACK = "static_object.bicycle_rack";

/** Attributes that a box may have. */
export const ATTRIBUTES = [
  "pedestrian.moving",
  "pedestrian.sitting_lying_down",
  "pedestrian.standing",
  "cycle.with_rider",
  "cycle.without_rider",
  "vehicle.moving",
  "vehicle.parked",
  "vehicle.stopped",
] as const;
/** One of {@link ATTRIBUTES}. */
export type Attribute = (typeof ATTRIBUTES)[number];

/** The seven classes that are tracked, in the devkit's order. */
export const TRACKING_NAMES = [
  "bicycle",
  "bus",
  "car",
  "motorcycle",
  "pedestrian",
  "trailer",
  "truck",
] as const;
/** One of {@link TRACKING_NAMES}. */
export type TrackingName = (typeof TRACKING_NAMES)[number];
