/**
 * What a perfect detector would say of a key frame, straight from the tables.
 * @module
 */
import type { SampleBox } from "../../nusc/results/mod.ts";
import type { Dataset, Row } from "../world/support.ts";

const DETECTION: [string, string][] = [
  ["vehicle.car", "car"],
  ["vehicle.truck", "truck"],
  ["vehicle.bus", "bus"],
  ["vehicle.construction", "construction_vehicle"],
  ["vehicle.trailer", "trailer"],
  ["movable_object.barrier", "barrier"],
  ["vehicle.motorcycle", "motorcycle"],
  ["vehicle.bicycle", "bicycle"],
  ["human.pedestrian.", "pedestrian"],
  ["movable_object.trafficcone", "traffic_cone"],
];

function nameOf(dataset: Dataset, annotation: Row): string {
  const instance = dataset.get("instance", annotation.instance_token);
  const { name } = dataset.get("category", instance.category_token);
  return DETECTION.find(([start]) => name.startsWith(start))?.[1] ?? name;
}

/** The boxes of a sample as a perfect detector would report them. */
export function perfectResults(dataset: Dataset, sample: Row): SampleBox[] {
  return dataset.tables.sample_annotation!
    .filter((row) => row.sample_token === sample.token)
    .map((row) => ({
      translation: row.translation,
      size: row.size,
      rotation: row.rotation,
      velocity: [1, 0],
      name: nameOf(dataset, row),
      score: 0.87,
    }));
}
