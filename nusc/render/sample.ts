/**
 * A key frame of create-data's, with predictions of a results file.
 * @module
 */
import { readFile } from "node:fs/promises";
import { CAMERAS, CLASSES_3D, type FrameInfo } from "../infos/types.ts";
import type { CameraView, DrawnBox } from "./box.ts";
import { renderSheet, type SheetInput, writePicture } from "./sheet.ts";

/** A record of a nuScenes results file; global frame. */
export interface ResultBox {
  /** x, y, z of the middle, metres. */
  translation: number[];
  /** Width, length, height, metres. */
  size: number[];
  /** w, x, y, z. */
  rotation: number[];
  /** m/s along global x and y. */
  velocity?: number[];
  /** One of the ten classes. */
  detection_name: string;
  /** 0 to 1. */
  detection_score: number;
}

/** What `renderSample` draws and where it writes. */
export interface SampleOptions {
  /** Folder of the dataset. */
  root: string;
  /** The key frame. */
  info: FrameInfo;
  /** Records of this key frame. */
  predictions?: readonly ResultBox[];
  /** Predictions below are left out. */
  scoreThreshold: number;
  /** Path of the picture; its ending chooses the format. */
  out: string;
  /** Metres that the bird's-eye view reaches to each side. */
  range?: number;
  /** Pixels of a camera image's width. */
  tileWidth?: number;
  /** A line above the picture; default the sample's token. */
  title?: string;
}

type Vector = [number, number, number];

/** v turned by the inverse of a w-first quaternion of length one. */
function unrotate([w, x, y, z]: number[], v: Vector): Vector {
  // v - 2 w (q x v) + 2 q x (q x v)
  const cross = (a: Vector, b: Vector): Vector => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const q: Vector = [x!, y!, z!];
  const once = cross(q, v);
  const twice = cross(q, once);
  return [0, 1, 2].map((i) =>
    v[i]! - 2 * w! * once[i]! + 2 * twice[i]!
  ) as Vector;
}

/** A global vector in the LiDAR frame. */
function turn(info: FrameInfo, vector: Vector): Vector {
  const ego = unrotate(info.ego2global_rotation, vector);
  return unrotate(info.lidar2ego_rotation, ego);
}

/** A results record as a box of the LiDAR frame. */
export function toDrawn(info: FrameInfo, result: ResultBox): DrawnBox {
  const minus = (a: number[], b: number[]) =>
    a.map((value, i) => value - b[i]!) as Vector;
  const ego = unrotate(
    info.ego2global_rotation,
    minus(result.translation, info.ego2global_translation),
  );
  const centre = unrotate(
    info.lidar2ego_rotation,
    minus(ego, info.lidar2ego_translation),
  );
  const [w, x, y, z] = result.rotation as [number, number, number, number];
  const ahead: Vector = [
    1 - 2 * (y * y + z * z),
    2 * (x * y + w * z),
    2 * (x * z - w * y),
  ];
  const [dx, dy] = turn(info, ahead);
  const [width, length, height] = result.size as Vector;
  const [vx, vy] = result.velocity ?? [0, 0];
  const velocity = turn(info, [vx!, vy!, 0]);
  return {
    box: [...centre, length, width, height, Math.atan2(dy, dx)],
    label: result.detection_name,
    score: result.detection_score,
    velocity: [velocity[0], velocity[1]],
  };
}

/** The six cameras of a key frame. */
export function viewsOf(root: string, info: FrameInfo): CameraView[] {
  return CAMERAS.map((channel) => {
    const camera = info.cams[channel];
    return {
      channel,
      image: `${root}/${camera.data_path}`,
      width: camera.width,
      height: camera.height,
      intrinsic: camera.cam_intrinsic,
      lidarFromCamera: {
        rotation: camera.sensor2lidar_rotation,
        translation: camera.sensor2lidar_translation,
      },
    };
  });
}

/** Ground truth; faint if without points or of no detection class. */
export function truthOf(info: FrameInfo): DrawnBox[] {
  const classes: readonly string[] = CLASSES_3D;
  return info.gt_boxes.map((box, i) => {
    const label = info.gt_names[i]!;
    const [vx, vy] = info.gt_velocity[i]!;
    return {
      box,
      label,
      velocity: [vx ?? 0, vy ?? 0],
      faint: !info.valid_flag[i] || !classes.includes(label),
    };
  });
}

/** Writes the picture of a key frame: cameras, points, truth, predictions. */
export async function renderSample(options: SampleOptions): Promise<void> {
  const { root, info, predictions = [], scoreThreshold, out } = options;
  const drawn = predictions
    .filter((result) => result.detection_score >= scoreThreshold)
    .map((result) => toDrawn(info, result));
  const bytes = await readFile(`${root}/${info.lidar_path}`);
  const points = new Float32Array(new Uint8Array(bytes).buffer);
  const input: SheetInput = {
    views: viewsOf(root, info),
    boxes: [...truthOf(info), ...drawn],
    points,
    range: options.range,
    tileWidth: options.tileWidth,
    title: options.title ?? `sample ${info.token}`,
  };
  await writePicture(await renderSheet(input), out);
}
