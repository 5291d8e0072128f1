/**
 * Sensor readings: the file, when it was made and where the sensor was.
 * @module
 */
import { DatasetError } from "../errors.ts";
import {
  compose,
  type Pose,
  poseFrom,
  type Quaternion,
} from "../geometry/mod.ts";
import type { Dataset } from "../tables/mod.ts";
import type { SampleView } from "./walk.ts";

/** A pose with the quaternion that its matrix was made of. */
export interface Placement extends Pose {
  /** w, x, y, z, as the table holds it. */
  quaternion: Quaternion;
}

/** An image, a LiDAR or a radar sweep. */
export interface SensorReading {
  /** Token of the row in `sample_data.json`. */
  token: string;
  /** Such as `CAM_FRONT` or `LIDAR_TOP`. */
  channel: string;
  /** Microseconds since 1970. */
  timestampUs: number;
  /** Whether it belongs to a sample; else it is a sweep between two. */
  isKeyFrame: boolean;
  /** Path of the file. */
  path: string;
  /** Pixels, as `sample_data.json` says; 0 if it is no image. */
  width: number;
  /** Pixels, likewise. */
  height: number;
  /** [3][3] of a camera, in pixels; empty for other sensors. */
  intrinsic: readonly (readonly number[])[];
  /** How the sensor is mounted. */
  egoFromSensor: Placement;
  /** Where the car was at `timestampUs`. */
  globalFromEgo: Placement;
  /** Both together. */
  globalFromSensor: Pose;
  /** Row of the dataset's `sensorData`. */
  row: number;
}

/**
 * The reading of a sensor that belongs to a sample.
 * @param channel such as `CAM_FRONT`
 * @throws {DatasetError} if the sample has none
 */
export function readingOf(
  dataset: Dataset,
  sample: Pick<SampleView, "row">,
  channel: string,
): SensorReading {
  return readingAt(dataset, dataset.keyFrame(sample.row, channel));
}

/** The readings of all sensors that belong to a sample, by channel. */
export function readingsOf(
  dataset: Dataset,
  sample: Pick<SampleView, "row">,
): Record<string, SensorReading> {
  return Object.fromEntries(
    Object.entries(dataset.keyFrames).filter(([, rows]) =>
      rows[sample.row]! >= 0
    ).map(([channel, rows]) => [
      channel,
      readingAt(dataset, rows[sample.row]!),
    ]),
  );
}

/**
 * The reading of a token of `sample_data.json`, key frame or sweep.
 * @throws {DatasetError} if there is none
 */
export function readingByToken(dataset: Dataset, token: string): SensorReading {
  const row = dataset.sensorData.index.findText(token);
  if (row >= 0) return readingAt(dataset, row);
  throw new DatasetError(
    `Found no reading "${token}" in ${dataset.folder}/sample_data.json, which ` +
      `holds ${dataset.sensorData.rows}. Name a reading of this version`,
  );
}

/**
 * The reading of the same sensor before, key frame or sweep; null at the
 * beginning of the scene.
 */
export function readingBefore(
  dataset: Dataset,
  reading: SensorReading,
): SensorReading | null {
  const row = dataset.sensorData.previous[reading.row]!;
  return row < 0 ? null : readingAt(dataset, row);
}

/** @param row of the dataset's `sensorData` */
function readingAt(dataset: Dataset, row: number): SensorReading {
  const { sensorData, calibrations, egoPoses } = dataset;
  const mount = calibrations.rows[sensorData.calibration[row]!]!;
  const pose = sensorData.egoPose[row]!;
  const egoFromSensor = placementOf(mount.translation, mount.rotation);
  const globalFromEgo = placementOf(
    [...egoPoses.translation.subarray(3 * pose, 3 * pose + 3)],
    [...egoPoses.rotation.subarray(4 * pose, 4 * pose + 4)],
  );
  return {
    token: dataset.tokenOf(sensorData, row),
    channel: mount.channel,
    timestampUs: sensorData.timestamp[row]!,
    isKeyFrame: sensorData.isKeyFrame[row] === 1,
    path: `${dataset.root}/${sensorData.filename(row)}`,
    width: sensorData.width[row]!,
    height: sensorData.height[row]!,
    intrinsic: mount.camera_intrinsic,
    egoFromSensor,
    globalFromEgo,
    globalFromSensor: compose(globalFromEgo, egoFromSensor),
    row,
  };
}

function placementOf(translation: number[], quaternion: number[]): Placement {
  return { ...poseFrom(translation, quaternion), quaternion };
}
