/**
 * Rows of the nuScenes tables, as far as this project reads them.
 * @module
 */

interface Row {
  token: string;
}

export interface Scene extends Row {
  name: string;
  log_token: string;
  nbr_samples: number;
  first_sample_token: string;
  last_sample_token: string;
}

export interface Sample extends Row {
  /** Microseconds. */
  timestamp: number;
  prev: string;
  next: string;
  scene_token: string;
}

export interface SampleData extends Row {
  sample_token: string;
  ego_pose_token: string;
  calibrated_sensor_token: string;
  /** Microseconds. */
  timestamp: number;
  is_key_frame: boolean;
  height: number;
  width: number;
  /** Path from the dataset root. */
  filename: string;
  prev: string;
  next: string;
}

export interface Annotation extends Row {
  sample_token: string;
  instance_token: string;
  visibility_token: string;
  attribute_tokens: string[];
  /** Global frame, metres. */
  translation: number[];
  /** Width, length, height, metres. */
  size: number[];
  /** Global frame, w first. */
  rotation: number[];
  prev: string;
  next: string;
  num_lidar_pts: number;
  num_radar_pts: number;
}

export interface Pose extends Row {
  translation: number[];
  rotation: number[];
}

export interface CalibratedSensor extends Pose {
  sensor_token: string;
  /** [3][3], empty for LiDAR and radar. */
  camera_intrinsic: number[][];
}

export interface Sensor extends Row {
  channel: string;
  modality: string;
}

export interface Instance extends Row {
  category_token: string;
}

export interface Named extends Row {
  name: string;
}

/** Table names and their rows. */
export interface Rows {
  scene: Scene;
  sample: Sample;
  sample_data: SampleData;
  sample_annotation: Annotation;
  ego_pose: Pose;
  calibrated_sensor: CalibratedSensor;
  sensor: Sensor;
  instance: Instance;
  category: Named;
  attribute: Named;
  visibility: Row;
  log: Row;
  map: Row;
}

/** Name of a table; its file is `<name>.json`. */
export type Table = keyof Rows;

/** All thirteen. */
export const TABLES: readonly Table[] = [
  "scene",
  "sample",
  "sample_data",
  "sample_annotation",
  "ego_pose",
  "calibrated_sensor",
  "sensor",
  "instance",
  "category",
  "attribute",
  "visibility",
  "log",
  "map",
];
