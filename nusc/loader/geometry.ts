/**
 * The matrices of a frame that the network needs, augmentations folded in.
 *
 * Names read right to left: lidarFromImage takes (u·d, v·d, d, 1), pixels
 * times depth, to metres in the (augmented) LiDAR frame.
 *
 * Source: CustomNuScenesDataset.get_data_info of exiawsh/StreamPETR; where it
 * rounds poses to float32, this keeps float64 until the network's door.
 * @module
 */
import { type CameraInfo, CAMERAS, type FrameInfo } from "../infos/types.ts";
import {
  inverseAffine,
  type Matrix4,
  multiply,
  rigid,
  rotationFromQuaternion,
} from "../geometry/matrix.ts";
import { inputFromSource, type View } from "./view.ts";

/** Calibration and pose of one frame, float64. */
export interface FrameGeometry {
  /** N matrices. */
  lidarFromImage: Matrix4[];
  /** Their inverses: (u·d, v·d, d, 1) from metres. */
  imageFromLidar: Matrix4[];
  /** N poses, metres; no augmentation of the bird's-eye view in them. */
  cameraFromLidar: Matrix4[];
  /** N pairs fx, fy in input pixels; fx is negative after a flip. */
  focal: [number, number][];
  /** Global frame from the augmented LiDAR frame. */
  globalFromLidar: Matrix4;
  /** Its inverse. */
  lidarFromGlobal: Matrix4;
}

/** Intrinsics in input pixels, [4][4]: (u·d, v·d, d, 1) from camera metres. */
export function imageFromCamera(camera: CameraInfo, view: View): Matrix4 {
  const pixels = inputFromSource(view);
  const rows = [0, 1, 2].map((i) => pixels.slice(3 * i, 3 * i + 3));
  return multiply(
    rigid(rows, [0, 0, 0]),
    rigid(camera.cam_intrinsic, [0, 0, 0]),
  );
}

/** Global frame from LiDAR frame, without augmentation. */
export function globalFromLidar(info: FrameInfo): Matrix4 {
  const globalFromEgo = rigid(
    rotationFromQuaternion(info.ego2global_rotation),
    info.ego2global_translation,
  );
  const egoFromLidar = rigid(
    rotationFromQuaternion(info.lidar2ego_rotation),
    info.lidar2ego_translation,
  );
  return multiply(globalFromEgo, egoFromLidar);
}

/**
 * @param view the same for all cameras.
 * @param augmentedFromLidar augmentation of the bird's-eye view, affine.
 */
export function frameGeometry(
  info: FrameInfo,
  view: View,
  augmentedFromLidar: Matrix4,
): FrameGeometry {
  const lidarFromImage: Matrix4[] = [];
  const cameraFromLidar: Matrix4[] = [];
  const focal: [number, number][] = [];
  for (const name of CAMERAS) {
    const camera = info.cams[name];
    const lidarFromCamera = rigid(
      camera.sensor2lidar_rotation,
      camera.sensor2lidar_translation,
    );
    const K = imageFromCamera(camera, view);
    const unaugmented = multiply(lidarFromCamera, inverseAffine(K));
    lidarFromImage.push(multiply(augmentedFromLidar, unaugmented));
    cameraFromLidar.push(inverseAffine(lidarFromCamera));
    focal.push([K[0]!, K[5]!]);
  }
  const pose = multiply(
    globalFromLidar(info),
    inverseAffine(augmentedFromLidar),
  );
  return {
    lidarFromImage,
    imageFromLidar: lidarFromImage.map(inverseAffine),
    cameraFromLidar,
    focal,
    globalFromLidar: pose,
    lidarFromGlobal: inverseAffine(pose),
  };
}
