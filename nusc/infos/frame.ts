/**
 * The info of a key frame, as StreamPETR's converter makes it.
 *
 * Source: _fill_trainval_infos of nuscenes_converter.py; image sizes come
 * from the JPEG's header instead of from decoding it.
 * @module
 */
import { DETECTION_NAMES } from "../categories.ts";
import { DatasetError } from "../errors.ts";
import { inverseAffine, type Matrix4 } from "../geometry/matrix.ts";
import { yawOf } from "../geometry/quaternion.ts";
import type { Dataset } from "../tables/dataset.ts";
import type { Annotation, Sample, SampleData } from "../tables/rows.ts";
import { into } from "./boxes.ts";
import { cameraLabels } from "./labels.ts";
import { globalFromSensor, sensorInfo } from "./sensor.ts";
import {
  type Camera,
  type CameraInfo,
  CAMERAS,
  type FrameInfo,
  type SweepInfo,
} from "./types.ts";

/** What the dataset's files tell beyond its tables. */
export interface FrameOptions {
  /** LiDAR sweeps listed before the key frame. */
  maxSweeps: number;
  /** Pixels of an image, [width, height]. */
  imageSize: (data: SampleData) => [number, number];
}

/** Builds the info of a sample. @param index running index in its scene. */
export function frameInfo(
  dataset: Dataset,
  sample: Sample,
  index: number,
  options: FrameOptions,
): FrameInfo {
  const keyFrames = dataset.keyFrames(sample.token);
  const lidar = channel(dataset, keyFrames, sample, "LIDAR_TOP");
  const globalFromLidar = globalFromSensor(dataset, lidar);
  const own = sensorInfo(dataset, lidar, globalFromLidar, "lidar");
  const annotations = dataset.annotations(sample.token);
  const cams = {} as Record<Camera, CameraInfo>;
  const labels = CAMERAS.map((name) => {
    const data = channel(dataset, keyFrames, sample, name);
    cams[name] = cameraInfo(dataset, data, name, globalFromLidar, options);
    return cameraLabels(dataset, annotations, data, cams[name]);
  });
  return {
    lidar_path: lidar.filename,
    token: sample.token,
    prev: sample.prev,
    next: sample.next,
    sweeps: sweepsBefore(dataset, lidar, globalFromLidar, options.maxSweeps),
    frame_idx: index,
    cams,
    scene_token: sample.scene_token,
    lidar2ego_translation: own.sensor2ego_translation,
    lidar2ego_rotation: own.sensor2ego_rotation,
    ego2global_translation: own.ego2global_translation,
    ego2global_rotation: own.ego2global_rotation,
    timestamp: sample.timestamp,
    ...truth(dataset, annotations, lidar, globalFromLidar),
    bboxes2d: labels.map(({ boxes }) => boxes),
    bboxes3d_cams: labels.map(({ boxes3d }) => boxes3d),
    labels2d: labels.map(({ labels }) => labels),
    centers2d: labels.map(({ centers }) => centers),
    depths: labels.map(({ depths }) => depths),
    bboxes_ignore: CAMERAS.map(() => []),
    visibilities: labels.map(({ visibilities }) => visibilities),
  };
}

function channel(
  dataset: Dataset,
  keyFrames: ReadonlyMap<string, SampleData>,
  sample: Sample,
  name: string,
): SampleData {
  const data = keyFrames.get(name);
  if (data) return data;
  throw new DatasetError(
    `Sample ${sample.token} has no key frame of ${name} in ` +
      `${dataset.pathOf("sample_data")}: this detector needs LIDAR_TOP and ` +
      "six cameras. Copy sample_data.json and calibrated_sensor.json again",
  );
}

function cameraInfo(
  dataset: Dataset,
  data: SampleData,
  name: Camera,
  globalFromLidar: Matrix4,
  { imageSize }: FrameOptions,
): CameraInfo {
  const sensor = dataset.get(
    "calibrated_sensor",
    data.calibrated_sensor_token,
    data.token,
  );
  if (sensor.camera_intrinsic.length !== 3) {
    throw new DatasetError(
      `Camera ${name} has no 3x3 camera_intrinsic in row ${sensor.token} of ` +
        `${dataset.pathOf("calibrated_sensor")}`,
    );
  }
  const [width, height] = imageSize(data);
  return {
    ...sensorInfo(dataset, data, globalFromLidar, name),
    type: name,
    width,
    height,
    cam_intrinsic: sensor.camera_intrinsic,
  };
}

function sweepsBefore(
  dataset: Dataset,
  lidar: SampleData,
  globalFromLidar: Matrix4,
  limit: number,
): SweepInfo[] {
  const sweeps: SweepInfo[] = [];
  let token = lidar.prev;
  while (token !== "" && sweeps.length < limit) {
    const data = dataset.get("sample_data", token, "a later LiDAR sweep");
    sweeps.push(sensorInfo(dataset, data, globalFromLidar, "lidar"));
    token = data.prev;
  }
  return sweeps;
}

type Truth = Pick<
  FrameInfo,
  | "gt_boxes"
  | "gt_names"
  | "gt_velocity"
  | "num_lidar_pts"
  | "num_radar_pts"
  | "valid_flag"
>;

function truth(
  dataset: Dataset,
  annotations: readonly Annotation[],
  lidar: SampleData,
  globalFromLidar: Matrix4,
): Truth {
  const sensor = dataset.get(
    "calibrated_sensor",
    lidar.calibrated_sensor_token,
    lidar.token,
  );
  const ego = dataset.get("ego_pose", lidar.ego_pose_token, lidar.token);
  const lidarFromGlobal = inverseAffine(globalFromLidar);
  const out: Truth = {
    gt_boxes: [],
    gt_names: [],
    gt_velocity: [],
    num_lidar_pts: [],
    num_radar_pts: [],
    valid_flag: [],
  };
  for (const annotation of annotations) {
    const { translation, rotation, size } = annotation;
    const { num_lidar_pts, num_radar_pts } = annotation;
    const box = into(
      sensor,
      into(ego, { center: translation, orientation: rotation }),
    );
    const [w, l, h] = size as [number, number, number];
    out.gt_boxes.push([...box.center, l, w, h, yawOf(box.orientation)]);
    const category = dataset.categoryOf(annotation);
    out.gt_names.push(DETECTION_NAMES[category] ?? category);
    out.gt_velocity.push(
      planar(lidarFromGlobal, dataset.velocityOf(annotation)),
    );
    out.num_lidar_pts.push(num_lidar_pts);
    out.num_radar_pts.push(num_radar_pts);
    out.valid_flag.push(num_lidar_pts + num_radar_pts > 0);
  }
  return out;
}

/** The ground-plane velocity in the LiDAR frame; its z is not turned along. */
function planar(m: Matrix4, [vx, vy]: number[]): (number | null)[] {
  if (Number.isNaN(vx!) || Number.isNaN(vy!)) return [null, null];
  return [m[0]! * vx! + m[1]! * vy!, m[4]! * vx! + m[5]! * vy!];
}
