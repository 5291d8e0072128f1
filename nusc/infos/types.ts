/**
 * What create-data writes: one record a key frame, as StreamPETR's converter
 * makes them (tools/data_converter/nuscenes_converter.py), in JSON lines.
 * Paths are relative to the dataset root; quaternions are w-first.
 * @module
 */

/** The order of cameras everywhere in this project. */
export const CAMERAS = [
  "CAM_FRONT",
  "CAM_FRONT_RIGHT",
  "CAM_FRONT_LEFT",
  "CAM_BACK",
  "CAM_BACK_LEFT",
  "CAM_BACK_RIGHT",
] as const;
/** One of {@link CAMERAS}. */
export type Camera = (typeof CAMERAS)[number];

/** A camera image of a key frame and where the camera was. */
export interface CameraInfo {
  /** Path of the image below the dataset's root. */
  data_path: string;
  /** Channel of the camera. */
  type: Camera;
  /** Token of the row in `sample_data.json`. */
  sample_data_token: string;
  /** Pixels, from the JPEG header. */
  width: number;
  /** Pixels, likewise. */
  height: number;
  /** [3] metres: where the sensor sits in the ego frame. */
  sensor2ego_translation: number[];
  /** [4] w, x, y, z: ego from sensor. */
  sensor2ego_rotation: number[];
  /** [3] metres: where the ego was when the sensor was read. */
  ego2global_translation: number[];
  /** [4] w, x, y, z: global from ego. */
  ego2global_rotation: number[];
  /** Microseconds. */
  timestamp: number;
  /** [3][3] and [3]: LiDAR key frame from camera, ego motion compensated. */
  sensor2lidar_rotation: number[][];
  /** [3] metres, likewise. */
  sensor2lidar_translation: number[];
  /** [3][3] pixels from rays of the camera frame. */
  cam_intrinsic: number[][];
}

/** A LiDAR sweep before the key frame, newest first in the list. */
export interface SweepInfo {
  /** Path of the LiDAR file below the dataset's root. */
  data_path: string;
  /** Always `lidar`. */
  type: string;
  /** Token of the row in `sample_data.json`. */
  sample_data_token: string;
  /** [3] metres: where the sensor sits in the ego frame. */
  sensor2ego_translation: number[];
  /** [4] w, x, y, z: ego from sensor. */
  sensor2ego_rotation: number[];
  /** [3] metres: where the ego was when the sensor was read. */
  ego2global_translation: number[];
  /** [4] w, x, y, z: global from ego. */
  ego2global_rotation: number[];
  /** Microseconds. */
  timestamp: number;
  /**
   * [3][3] LiDAR of the key frame from LiDAR of the sweep, ego motion
   * compensated.
   */
  sensor2lidar_rotation: number[][];
  /** [3] metres, likewise. */
  sensor2lidar_translation: number[];
}

/** One key frame. */
export interface FrameInfo {
  /** Token of the sample. */
  token: string;
  /** Token of the sample before, empty at the scene's beginning. */
  prev: string;
  /** Token of the sample behind, empty at the scene's end. */
  next: string;
  /** Token of the scene. */
  scene_token: string;
  /** Microseconds. */
  timestamp: number;
  /** Running index inside the scene. */
  frame_idx: number;
  /** Path of the LiDAR file below the dataset's root. */
  lidar_path: string;
  /** LiDAR sweeps before the key frame, newest first. */
  sweeps: SweepInfo[];
  /** [3] metres: where the LiDAR sits in the ego frame. */
  lidar2ego_translation: number[];
  /** [4] w, x, y, z: ego from LiDAR. */
  lidar2ego_rotation: number[];
  /** [3] metres: where the ego was when the LiDAR was read. */
  ego2global_translation: number[];
  /** [4] w, x, y, z: global from ego. */
  ego2global_rotation: number[];
  /** The six cameras. */
  cams: Record<Camera, CameraInfo>;
  /**
   * [n][7] LiDAR frame: x, y, z (gravity centre), l, w, h in metres, yaw from
   * x to y in radians.
   */
  gt_boxes: number[][];
  /** Detection name if mapped, else the raw nuScenes category. */
  gt_names: string[];
  /** [n][2] m/s in the LiDAR frame; null where the devkit says NaN. */
  gt_velocity: (number | null)[][];
  /** [n] LiDAR points inside. */
  num_lidar_pts: number[];
  /** [n] radar points inside. */
  num_radar_pts: number[];
  /** [n] whether any point is inside. */
  valid_flag: boolean[];
  /** Six lists in camera order: [x1, y1, x2, y2] pixels. */
  bboxes2d: number[][][];
  /**
   * Six lists: [x, y, z, l, h, w, -yaw] in the camera frame, metres and
   * radians.
   */
  bboxes3d_cams: number[][][];
  /** Six lists: index in LABELS_2D (the converter's own class order). */
  labels2d: number[][];
  /** Six lists: projected centre in pixels, may lie outside the image. */
  centers2d: number[][][];
  /** Six lists: metres along the optical axis. */
  depths: number[][];
  /** Six lists, always empty: the converter marks no box as a crowd. */
  bboxes_ignore: number[][][];
  /** Six lists: token of `visibility.json`, `1` (0-40 %) to `4` (80-100 %). */
  visibilities: string[][];
}

/** 2D label order of the converter; not the 3D class order. */
export const LABELS_2D = [
  "car",
  "truck",
  "trailer",
  "bus",
  "construction_vehicle",
  "bicycle",
  "motorcycle",
  "pedestrian",
  "traffic_cone",
  "barrier",
] as const;

/** 3D class order of the network. */
export const CLASSES_3D = [
  "car",
  "truck",
  "construction_vehicle",
  "bus",
  "trailer",
  "barrier",
  "motorcycle",
  "bicycle",
  "pedestrian",
  "traffic_cone",
] as const;
/** One of {@link CLASSES_3D}. */
export type DetectionName = (typeof CLASSES_3D)[number];
