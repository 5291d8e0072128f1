/**
 * One key frame out of the tables.
 * Source: StreamPETR, tools/data_converter/nuscenes_converter.py.
 * @module
 */
import { DatasetError } from "../errors.ts";
import {
  apply,
  compose,
  invert,
  type Pose,
  transpose,
  yawOf,
} from "../geometry/mod.ts";
import {
  type AnnotatedBox,
  boxesOf,
  readingBefore,
  readingOf,
  type SensorReading,
  toFrame,
} from "../reading/mod.ts";
import type { Dataset } from "../tables/mod.ts";
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

/** The record of a sample; `frameIndex` counts within its scene. */
export function buildFrame(
  dataset: Dataset,
  sample: number,
  frameIndex: number,
  options: FrameOptions,
): FrameInfo {
  const { token, prev, next, scene_token, timestamp } = dataset.samples
    .rows[sample]!;
  const lidar = readingOf(dataset, { row: sample }, "LIDAR_TOP");
  const lidarFromGlobal = invert(lidar.globalFromSensor);
  const cameras = CAMERAS.map((name) =>
    readingOf(dataset, { row: sample }, name)
  );
  const boxes = boxesOf(dataset, { row: sample });
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
    lidar2ego_translation: [...lidar.egoFromSensor.translation],
    lidar2ego_rotation: [...lidar.egoFromSensor.quaternion],
    ego2global_translation: [...lidar.globalFromEgo.translation],
    ego2global_rotation: [...lidar.globalFromEgo.quaternion],
    cams,
    ...truthOf(boxes, lidar),
    ...truthInCameras(boxes, cameras, cams),
  };
}

function placeOf(
  dataset: Dataset,
  reading: SensorReading,
  lidarFromGlobal: Pose,
): Omit<SweepInfo, "type"> {
  const lidarFromSensor = compose(lidarFromGlobal, reading.globalFromSensor);
  const { rotation } = lidarFromSensor;
  return {
    data_path: dataset.sensorData.filename(reading.row),
    sample_data_token: reading.token,
    sensor2ego_translation: [...reading.egoFromSensor.translation],
    sensor2ego_rotation: [...reading.egoFromSensor.quaternion],
    ego2global_translation: [...reading.globalFromEgo.translation],
    ego2global_rotation: [...reading.globalFromEgo.quaternion],
    timestamp: reading.timestampUs,
    sensor2lidar_rotation: [0, 3, 6].map((i) => rotation.slice(i, i + 3)),
    sensor2lidar_translation: [...lidarFromSensor.translation],
  };
}

function cameraInfo(
  dataset: Dataset,
  name: Camera,
  reading: SensorReading,
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
  lidar: SensorReading,
  lidarFromGlobal: Pose,
  most: number,
): SweepInfo[] {
  const sweeps: SweepInfo[] = [];
  let reading = readingBefore(dataset, lidar);
  while (reading && sweeps.length < most) {
    sweeps.push({
      ...placeOf(dataset, reading, lidarFromGlobal),
      type: "lidar",
    });
    reading = readingBefore(dataset, reading);
  }
  return sweeps;
}

/** Boxes of the sample in the LiDAR frame. */
function truthOf(boxes: readonly AnnotatedBox[], lidar: SensorReading) {
  const lidarFromGlobal = transpose(lidar.globalFromSensor.rotation);
  return {
    gt_boxes: boxes.map((box) => {
      const { center, wlh: [width, length, height], rotation } = toFrame(
        box,
        lidar,
        "sensor",
      );
      return [...center, length!, width!, height!, yawOf(rotation)];
    }),
    gt_names: boxes.map((box) => box.detectionName ?? box.category),
    gt_velocity: boxes.map(({ velocity: [x, y] }) =>
      apply(lidarFromGlobal, [x!, y!, 0]).slice(0, 2).map((value) =>
        Number.isNaN(value) ? null : value
      )
    ),
    num_lidar_pts: boxes.map((box) => box.lidarPoints),
    num_radar_pts: boxes.map((box) => box.radarPoints),
    valid_flag: boxes.map((box) => box.lidarPoints + box.radarPoints > 0),
  };
}

/** Boxes of the sample in the six images. */
function truthInCameras(
  boxes: readonly AnnotatedBox[],
  cameras: readonly SensorReading[],
  cams: Record<Camera, CameraInfo>,
) {
  const known = boxes.filter((box) => box.detectionName !== null);
  const seen = CAMERAS.map((name, i) =>
    seenBoxes(
      known.map((box) => toFrame(box, cameras[i]!, "sensor")),
      cams[name].cam_intrinsic,
      cams[name],
    )
  );
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
