/**
 * One key frame out of the tables.
 * Source: StreamPETR, tools/data_converter/nuscenes_converter.py.
 * @module
 */
import { DETECTION_OF_CATEGORY } from "../categories.ts";
import { DatasetError } from "../errors.ts";
import {
  apply,
  type Box,
  compose,
  invert,
  invertQuaternion,
  multiplyQuaternions,
  type Pose,
  poseFrom,
  rotationMatrix,
  transpose,
  yawOf,
} from "../geometry/mod.ts";
import { boxVelocity, type Dataset } from "../tables/mod.ts";
import { seenBoxes } from "./boxes2d.ts";
import type { ImageSize } from "./jpeg.ts";
import {
  type Camera,
  type CameraInfo,
  CAMERAS,
  type FrameInfo,
  type SweepInfo,
} from "./types.ts";

/** Settings of {@link buildFrame}. */
export interface FrameOptions {
  /** LiDAR sweeps listed before a key frame, at most. */
  maxSweeps: number;
  /** Size of the image in a row of `sensorData`. */
  imageSize(row: number): ImageSize;
}

/** A sensor reading: where the sensor was, with the table's numbers. */
interface Reading {
  row: number;
  sensor: { translation: number[]; rotation: number[] };
  ego: { translation: number[]; rotation: number[] };
  globalFromSensor: Pose;
}

/** The record of a sample; `frameIndex` counts within its scene. */
export function buildFrame(
  dataset: Dataset,
  sample: number,
  frameIndex: number,
  options: FrameOptions,
): FrameInfo {
  const { token, prev, next, scene_token, timestamp } = dataset.samples
    .rows[sample]!;
  const lidar = readingOf(dataset, dataset.keyFrame(sample, "LIDAR_TOP"));
  const lidarFromGlobal = invert(lidar.globalFromSensor);
  const cameras = CAMERAS.map((name) =>
    readingOf(dataset, dataset.keyFrame(sample, name))
  );
  const cams = Object.fromEntries(CAMERAS.map((name, i) => [
    name,
    cameraInfo(dataset, name, cameras[i]!, lidarFromGlobal, options),
  ])) as Record<Camera, CameraInfo>;
  return {
    token,
    prev,
    next,
    scene_token,
    timestamp,
    frame_idx: frameIndex,
    lidar_path: dataset.sensorData.filename(lidar.row),
    sweeps: sweepsOf(dataset, lidar, lidarFromGlobal, options.maxSweeps),
    lidar2ego_translation: lidar.sensor.translation,
    lidar2ego_rotation: lidar.sensor.rotation,
    ego2global_translation: lidar.ego.translation,
    ego2global_rotation: lidar.ego.rotation,
    cams,
    ...truthOf(dataset, sample, lidar),
    ...truthInCameras(dataset, sample, cameras, cams),
  };
}

/** Looks a reading up in the tables. */
function readingOf(dataset: Dataset, row: number): Reading {
  const { sensorData, calibrations, egoPoses } = dataset;
  const { translation, rotation } = calibrations
    .rows[sensorData.calibration[row]!]!;
  const pose = sensorData.egoPose[row]!;
  const ego = {
    translation: [...egoPoses.translation.subarray(3 * pose, 3 * pose + 3)],
    rotation: [...egoPoses.rotation.subarray(4 * pose, 4 * pose + 4)],
  };
  return {
    row,
    sensor: { translation, rotation },
    ego,
    globalFromSensor: compose(
      poseFrom(ego.translation, ego.rotation),
      poseFrom(translation, rotation),
    ),
  };
}

function placeOf(
  dataset: Dataset,
  reading: Reading,
  lidarFromGlobal: Pose,
): Omit<SweepInfo, "type"> {
  const { sensorData } = dataset;
  const lidarFromSensor = compose(lidarFromGlobal, reading.globalFromSensor);
  const { rotation } = lidarFromSensor;
  return {
    data_path: sensorData.filename(reading.row),
    sample_data_token: dataset.tokenOf(sensorData, reading.row),
    sensor2ego_translation: reading.sensor.translation,
    sensor2ego_rotation: reading.sensor.rotation,
    ego2global_translation: reading.ego.translation,
    ego2global_rotation: reading.ego.rotation,
    timestamp: sensorData.timestamp[reading.row]!,
    sensor2lidar_rotation: [0, 3, 6].map((i) => rotation.slice(i, i + 3)),
    sensor2lidar_translation: [...lidarFromSensor.translation],
  };
}

function cameraInfo(
  dataset: Dataset,
  name: Camera,
  reading: Reading,
  lidarFromGlobal: Pose,
  options: FrameOptions,
): CameraInfo {
  const { camera_intrinsic, token } = dataset.calibrations
    .rows[dataset.sensorData.calibration[reading.row]!]!;
  const sides = [camera_intrinsic, ...camera_intrinsic].map((x) => x.length);
  if (sides.length !== 4 || sides.some((side) => side !== 3)) {
    throw new DatasetError(
      `Found a camera_intrinsic that is not 3 x 3 in ${dataset.folder}/` +
        `calibrated_sensor.json (token "${token}", ${name}). Unpack the ` +
        "metadata archive again",
    );
  }
  return {
    ...placeOf(dataset, reading, lidarFromGlobal),
    type: name,
    ...options.imageSize(reading.row),
    cam_intrinsic: camera_intrinsic,
  };
}

function sweepsOf(
  dataset: Dataset,
  lidar: Reading,
  lidarFromGlobal: Pose,
  most: number,
): SweepInfo[] {
  const sweeps: SweepInfo[] = [];
  let row = dataset.sensorData.previous[lidar.row]!;
  while (row >= 0 && sweeps.length < most) {
    const reading = readingOf(dataset, row);
    sweeps.push({
      ...placeOf(dataset, reading, lidarFromGlobal),
      type: "lidar",
    });
    row = dataset.sensorData.previous[row]!;
  }
  return sweeps;
}

/** Annotations of the sample in the LiDAR frame. */
function truthOf(dataset: Dataset, sample: number, lidar: Reading) {
  const { annotations, categoryOfInstance } = dataset;
  const rows = [...dataset.annotationsOfSample.of(sample)];
  const into = intoFrame(lidar);
  const lidarFromGlobal = transpose(lidar.globalFromSensor.rotation);
  return {
    gt_boxes: rows.map((row) => {
      const { center, wlh: [width, length, height], rotation } = into(
        annotatedBox(dataset, row),
      );
      return [...center, length!, width!, height!, yawOf(rotation)];
    }),
    gt_names: rows.map((row) => {
      const category = categoryOfInstance[annotations.instance[row]!]!;
      return DETECTION_OF_CATEGORY[category] ?? category;
    }),
    gt_velocity: rows.map((row) => {
      const [x, y] = boxVelocity(dataset, row);
      return apply(lidarFromGlobal, [x!, y!, 0]).slice(0, 2).map((value) =>
        Number.isNaN(value) ? null : value
      );
    }),
    num_lidar_pts: rows.map((row) => annotations.lidarPoints[row]!),
    num_radar_pts: rows.map((row) => annotations.radarPoints[row]!),
    valid_flag: rows.map((row) =>
      annotations.lidarPoints[row]! + annotations.radarPoints[row]! > 0
    ),
  };
}

/** Annotations of the sample in the six images. */
function truthInCameras(
  dataset: Dataset,
  sample: number,
  cameras: readonly Reading[],
  cams: Record<Camera, CameraInfo>,
) {
  const { annotations, categoryOfInstance, visibilities } = dataset;
  const rows = [...dataset.annotationsOfSample.of(sample)];
  const boxes = rows.map((row) => annotatedBox(dataset, row));
  const seen = CAMERAS.map((name, i) => {
    const into = intoFrame(cameras[i]!);
    const own = rows.map((row, k) => ({
      box: into(boxes[k]!),
      category: categoryOfInstance[annotations.instance[row]!]!,
      visibility: visibilities.rows[annotations.visibility[row]!]?.token ?? "",
    }));
    return seenBoxes(own, cams[name].cam_intrinsic, cams[name]);
  });
  return {
    bboxes2d: seen.map((camera) => camera.bboxes2d),
    bboxes3d_cams: seen.map((camera) => camera.bboxes3d_cams),
    labels2d: seen.map((camera) => camera.labels2d),
    centers2d: seen.map((camera) => camera.centers2d),
    depths: seen.map((camera) => camera.depths),
    // The converter never marks a box as a crowd.
    bboxes_ignore: seen.map(() => []),
    visibilities: seen.map((camera) => camera.visibilities),
  };
}

/** An annotation in the global frame. */
function annotatedBox({ annotations }: Dataset, row: number): Box {
  return {
    center: [...annotations.translation.subarray(3 * row, 3 * row + 3)],
    wlh: [...annotations.size.subarray(3 * row, 3 * row + 3)],
    rotation: [...annotations.rotation.subarray(4 * row, 4 * row + 4)],
  };
}

/**
 * Moves boxes from the global frame to a sensor's, in the converter's order:
 * kilometres are subtracted before anything is rotated.
 */
function intoFrame({ sensor, ego }: Reading): (box: Box) => Box {
  const steps = [ego, sensor].map(({ translation, rotation }) => ({
    translation,
    turn: invertQuaternion(rotation),
    back: transpose(rotationMatrix(rotation)),
  }));
  return (box) => {
    let { center, rotation } = box;
    for (const { translation, turn, back } of steps) {
      center = apply(back, center.map((value, i) => value - translation[i]!));
      rotation = multiplyQuaternions(turn, rotation);
    }
    return { center, wlh: box.wlh, rotation };
  };
}
