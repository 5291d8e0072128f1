/**
 * 3D ground truth of a frame: which boxes count, and how they follow
 * augmentations of the bird's-eye view.
 *
 * Source: CustomNuScenesDataset.get_ann_info, ObjectRangeFilter,
 * ObjectNameFilter and GlobalRotScaleTransImage of exiawsh/StreamPETR.
 * @module
 */
import { CLASSES_3D, type FrameInfo } from "../infos/types.ts";

/** 3D ground truth in the (augmented) LiDAR frame. */
export interface Labels3d {
  /**
   * [n][9]: x, y, z (gravity centre), l, w, h in metres, yaw in radians
   * [−π, π), vx, vy in m/s.
   */
  boxes: number[][];
  /** [n] index in CLASSES_3D. */
  labels: number[];
}

/**
 * Boxes of the ten classes with LiDAR or radar points whose centre lies
 * strictly inside the range; unknown velocities become 0.
 * @param range x_min, y_min, z_min, x_max, y_max, z_max in metres; only x and
 *   y are checked.
 */
export function labels3d(info: FrameInfo, range: readonly number[]): Labels3d {
  const out: Labels3d = { boxes: [], labels: [] };
  info.gt_boxes.forEach((box, i) => {
    const label = CLASSES_3D.indexOf(info.gt_names[i]! as never);
    const [x, y] = box as [number, number];
    const inside = x > range[0]! && y > range[1]! && x < range[3]! &&
      y < range[4]!;
    if (label < 0 || !info.valid_flag[i] || !inside) return;
    const velocity = info.gt_velocity[i]!;
    out.boxes.push([
      ...box.slice(0, 6),
      wrap(box[6]!),
      velocity[0] ?? 0,
      velocity[1] ?? 0,
    ]);
    out.labels.push(label);
  });
  return out;
}

/**
 * An augmentation of the LiDAR frame: mirror x, then rotate, then scale, then
 * move.
 */
export interface BevAugmentation {
  /** Mirrors left and right of the world (not in the reference). */
  mirror: boolean;
  /** Radians; positive turns points clockwise, as the reference's matrix. */
  rotation: number;
  scale: number;
  /** x, y, z in metres; default none. */
  translation?: readonly [number, number, number];
}

/** No augmentation. */
export const NO_BEV: BevAugmentation = { mirror: false, rotation: 0, scale: 1 };

/** [4][4] row-major: augmented LiDAR frame from the LiDAR frame. */
export function augmentedFromLidar(bev: BevAugmentation): Float64Array {
  const c = Math.cos(bev.rotation) * bev.scale;
  const s = Math.sin(bev.rotation) * bev.scale;
  const m = bev.mirror ? -1 : 1;
  const [x, y, z] = bev.translation ?? [0, 0, 0];
  // deno-fmt-ignore
  return Float64Array.of(
    m * c, s, 0, x,
    -m * s, c, 0, y,
    0, 0, bev.scale, z,
    0, 0, 0, 1,
  );
}

/** Moves boxes and velocities into the augmented frame. */
export function augmentLabels3d(
  labels: Labels3d,
  bev: BevAugmentation,
): Labels3d {
  const M = augmentedFromLidar(bev);
  const turn = (x: number, y: number) => [
    M[0]! * x + M[1]! * y,
    M[4]! * x + M[5]! * y,
  ];
  const boxes = labels.boxes.map((box) => {
    const [x, y, z, l, w, h, yaw, vx, vy] = box as [
      ...[number, number, number, number, number, number],
      ...[number, number, number],
    ];
    const mirrored = bev.mirror ? Math.PI - yaw : yaw;
    const size = [l, w, h].map((value) => value * bev.scale);
    const [cx, cy] = turn(x, y) as [number, number];
    return [
      cx + M[3]!,
      cy + M[7]!,
      z * bev.scale + M[11]!,
      ...size,
      wrap(mirrored - bev.rotation),
      ...turn(vx, vy),
    ];
  });
  return { boxes, labels: labels.labels };
}

/** The same angle in [−π, π). */
function wrap(yaw: number): number {
  return yaw - Math.floor(yaw / (2 * Math.PI) + 0.5) * 2 * Math.PI;
}
