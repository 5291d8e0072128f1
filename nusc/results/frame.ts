/**
 * Boxes that a network found in a key frame, as records of a submission.
 * Source: mmdet3d 1.0.0rc6, datasets/nuscenes_dataset.py
 * (output_to_nusc_box, lidar_nusc_box_to_global, _format_bbox).
 * @module
 */
import { defaultAttribute } from "../attributes.ts";
import { CLASS_RANGE } from "../categories.ts";
import {
  apply,
  compose,
  multiplyQuaternions,
  normalize,
  type Pose,
  poseFrom,
  quaternionFromYaw,
  transform,
} from "../geometry/mod.ts";
import { CLASSES_3D, type FrameInfo } from "../infos/types.ts";

/** Boxes of one frame in its LiDAR frame, as a detector decodes them. */
export interface FrameBoxes {
  /**
   * [n][9]: x, y, z (middle), l, w, h in metres, yaw in radians, vx, vy in
   * m/s.
   */
  boxes: readonly (readonly number[])[];
  /** [n] 0 to 1. */
  scores: readonly number[];
  /** Index in CLASSES_3D. */
  labels: readonly number[];
}

/** A box of a submission, global frame. */
export interface DetectionRecord {
  /** Token of the sample. */
  sample_token: string;
  /** Middle, metres. */
  translation: number[];
  /** Width, length, height, metres. */
  size: number[];
  /** w, x, y, z. */
  rotation: number[];
  /** m/s along global x and y. */
  velocity: number[];
  /** One of the ten classes. */
  detection_name: string;
  /** 0 to 1. */
  detection_score: number;
  /** One of ATTRIBUTES, or empty where the class has none. */
  attribute_name: string;
}

/** What places a frame in the world. */
export type FramePose = Pick<
  FrameInfo,
  | "token"
  | "lidar2ego_translation"
  | "lidar2ego_rotation"
  | "ego2global_translation"
  | "ego2global_rotation"
>;

/** Global frame from the LiDAR frame of a key frame. */
export function globalFromLidar(info: FramePose): Pose {
  return compose(
    poseFrom(info.ego2global_translation, info.ego2global_rotation),
    poseFrom(info.lidar2ego_translation, info.lidar2ego_rotation),
  );
}

/**
 * Records in the boxes' order, without boxes beyond their class's range from
 * the ego.
 */
export function frameDetections(
  info: FramePose,
  { boxes, scores, labels }: FrameBoxes,
): DetectionRecord[] {
  const egoFromLidar = poseFrom(
    info.lidar2ego_translation,
    info.lidar2ego_rotation,
  );
  const globalFromEgo = poseFrom(
    info.ego2global_translation,
    info.ego2global_rotation,
  );
  const turn = multiplyQuaternions(
    normalize(info.ego2global_rotation),
    normalize(info.lidar2ego_rotation),
  );
  return boxes.flatMap((box, i) => {
    const name = CLASSES_3D[labels[i]!]!;
    const inEgo = transform(egoFromLidar, box.slice(0, 3));
    const distance = Math.sqrt(inEgo[0]! ** 2 + inEgo[1]! ** 2);
    if (distance > CLASS_RANGE[name]) return [];
    const [length, width, height, yaw, vx, vy] = box.slice(3) as number[];
    const velocity = apply(
      globalFromEgo.rotation,
      apply(egoFromLidar.rotation, [vx!, vy!, 0]),
    ).slice(0, 2);
    const speed = Math.sqrt(velocity[0]! ** 2 + velocity[1]! ** 2);
    return [{
      sample_token: info.token,
      translation: transform(globalFromEgo, inEgo),
      size: [width!, length!, height!],
      rotation: multiplyQuaternions(turn, quaternionFromYaw(yaw!)),
      velocity,
      detection_name: name,
      detection_score: scores[i]!,
      attribute_name: defaultAttribute(name, speed),
    }];
  });
}
