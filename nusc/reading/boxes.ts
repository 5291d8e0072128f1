/**
 * Annotated boxes at a moment and in a frame.
 * Source: nuscenes-devkit, NuScenes.get_boxes and get_sample_data.
 * @module
 */
import { DETECTION_OF_CATEGORY } from "../categories.ts";
import {
  apply,
  type Box,
  interpolateQuaternions,
  invertQuaternion,
  multiplyQuaternions,
  transpose,
} from "../geometry/mod.ts";
import type { DetectionName } from "../infos/types.ts";
import { boxVelocity, type Dataset } from "../tables/mod.ts";
import type { Placement, SensorReading } from "./readings.ts";
import type { SampleView } from "./walk.ts";

/** A box that people drew; in the global frame unless it was moved. */
export interface AnnotatedBox extends Box {
  /** Token of the row in `sample_annotation.json`. */
  token: string;
  /** Token of the object in `instance.json`, the same in all its samples. */
  instance: string;
  /** Such as `vehicle.car`. */
  category: string;
  /** Class of the detection task; null for categories outside of it. */
  detectionName: DetectionName | null;
  /** Such as `vehicle.parked`; null without. */
  attribute: string | null;
  /** Token of `visibility.json`: `1` (0-40 %) to `4` (80-100 %), or empty. */
  visibility: string;
  /** [3] m/s; NaN where the neighbours are missing or too far in time. */
  velocity: number[];
  /** LiDAR points inside. */
  lidarPoints: number;
  /** Radar points inside. */
  radarPoints: number;
}

/** The boxes of a sample, in table order, global frame. */
export function boxesOf(
  dataset: Dataset,
  sample: Pick<SampleView, "row">,
): AnnotatedBox[] {
  return Array.from(
    dataset.annotationsOfSample.of(sample.row),
    (row) => boxAt(dataset, row),
  );
}

/**
 * The boxes at the time of a reading, global frame: those of its sample for a
 * key frame, else in between the samples before and behind; objects that the
 * sample before lacks stand as in the one behind.
 */
export function boxesAt(
  dataset: Dataset,
  reading: SensorReading,
): AnnotatedBox[] {
  const { samples, sensorData, annotations, annotationsOfSample } = dataset;
  const behind = sensorData.sample[reading.row]!;
  const before = samples.index.findText(samples.rows[behind]!.prev);
  const boxes = boxesOf(dataset, { row: behind });
  if (reading.isKeyFrame || before < 0) return boxes;
  const [from, to] = [before, behind].map((row) =>
    samples.rows[row]!.timestamp
  ) as [number, number];
  const amount = Math.min(
    1,
    Math.max(0, reading.timestampUs - from) / (to - from),
  );
  const earlier = new Map(
    Array.from(annotationsOfSample.of(before), (row) => [
      annotations.instance[row]!,
      row,
    ]),
  );
  const rows = annotationsOfSample.of(behind);
  return boxes.map((box, i) => {
    const row = earlier.get(annotations.instance[rows[i]!]!);
    if (row === undefined) return box;
    const { center, rotation } = boxAt(dataset, row);
    return {
      ...box,
      center: center.map((value, axis) =>
        value + amount * (box.center[axis]! - value)
      ),
      rotation: interpolateQuaternions(rotation, box.rotation, amount),
    };
  });
}

/** @param row of the dataset's `annotations` */
function boxAt(dataset: Dataset, row: number): AnnotatedBox {
  const { annotations, attributes, instances, visibilities } = dataset;
  const numbers = (from: Float64Array, width: number) => [
    ...from.subarray(width * row, width * row + width),
  ];
  const instance = annotations.instance[row]!;
  const category = dataset.categoryOfInstance[instance]!;
  const attribute = annotations.attributes[2 * row]!;
  return {
    token: dataset.tokenOf(annotations, row),
    instance: instances.rows[instance]!.token,
    category,
    detectionName: DETECTION_OF_CATEGORY[category] ?? null,
    attribute: attributes.rows[attribute]?.name ?? null,
    visibility: visibilities.rows[annotations.visibility[row]!]?.token ?? "",
    center: numbers(annotations.translation, 3),
    wlh: numbers(annotations.size, 3),
    rotation: numbers(annotations.rotation, 4),
    velocity: boxVelocity(dataset, row),
    lidarPoints: annotations.lidarPoints[row]!,
    radarPoints: annotations.radarPoints[row]!,
  };
}

/** A frame of a reading: the car's or the sensor's own. */
export type FrameName = "global" | "ego" | "sensor";

/**
 * A box of the global frame in a frame of a reading; its velocity is turned
 * too, and stays relative to the ground.
 */
export function toFrame<B extends Box & { velocity?: readonly number[] }>(
  box: B,
  reading: SensorReading,
  frame: FrameName,
): B {
  const { globalFromEgo, egoFromSensor } = reading;
  const steps = frame === "global"
    ? []
    : frame === "ego"
    ? [globalFromEgo]
    : [globalFromEgo, egoFromSensor];
  return steps.reduce(backThrough, box);
}

/** Kilometres are subtracted before anything is rotated, as the devkit does. */
function backThrough<B extends Box & { velocity?: readonly number[] }>(
  box: B,
  { translation, rotation, quaternion }: Placement,
): B {
  const back = transpose(rotation);
  return {
    ...box,
    center: apply(
      back,
      box.center.map((value, axis) => value - translation[axis]!),
    ),
    rotation: multiplyQuaternions(invertQuaternion(quaternion), box.rotation),
    ...(box.velocity ? { velocity: apply(back, box.velocity) } : {}),
  };
}
