/**
 * A key frame's info straight from the tables, enough to draw it.
 * @module
 */
import type { Camera, FrameInfo } from "../../nusc/infos/types.ts";
import type { ResultBox } from "../../nusc/render/mod.ts";
import {
  channelOf,
  type Dataset,
  into,
  matrixOf,
  outOf,
  type Row,
} from "../world/support.ts";

const DETECTION: [string, string][] = [
  ["vehicle.car", "car"],
  ["vehicle.truck", "truck"],
  ["vehicle.bus", "bus"],
  ["vehicle.construction", "construction_vehicle"],
  ["vehicle.trailer", "trailer"],
  ["movable_object.barrier", "barrier"],
  ["vehicle.motorcycle", "motorcycle"],
  ["vehicle.bicycle", "bicycle"],
  ["human.pedestrian.", "pedestrian"],
  ["movable_object.trafficcone", "traffic_cone"],
];

function nameOf(dataset: Dataset, annotation: Row): string {
  const instance = dataset.get("instance", annotation.instance_token);
  const { name } = dataset.get("category", instance.category_token);
  return DETECTION.find(([start]) => name.startsWith(start))?.[1] ?? name;
}

/** The boxes of a sample as a perfect detector would report them. */
export function perfectResults(dataset: Dataset, sample: Row): ResultBox[] {
  return dataset.tables.sample_annotation!
    .filter((row) => row.sample_token === sample.token)
    .map((row) => ({
      translation: row.translation,
      size: row.size,
      rotation: row.rotation,
      velocity: [1, 0],
      detection_name: nameOf(dataset, row),
      detection_score: 0.87,
    }));
}

/** The info of a sample without 2D labels and sweeps. */
export function infoOf(dataset: Dataset, sample: Row): FrameInfo {
  const readings = dataset.tables.sample_data!.filter((row) =>
    row.sample_token === sample.token && row.is_key_frame
  ).map((data) => ({
    data,
    channel: channelOf(dataset, data),
    mount: dataset.get("calibrated_sensor", data.calibrated_sensor_token),
    ego: dataset.get("ego_pose", data.ego_pose_token),
  }));
  const lidar = readings.find((r) => r.channel === "LIDAR_TOP")!;
  const toLidar = (p: number[]) => into(lidar.mount, into(lidar.ego, p));
  const cams: Record<string, unknown> = {};
  for (const { data, channel, mount, ego } of readings) {
    if (channel === "LIDAR_TOP") continue;
    const move = (p: number[]) => toLidar(outOf(ego, outOf(mount, p)));
    const origin = move([0, 0, 0]);
    const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((axis) =>
      move(axis).map((value, i) => value - origin[i]!)
    );
    cams[channel] = {
      data_path: data.filename,
      type: channel as Camera,
      width: data.width,
      height: data.height,
      cam_intrinsic: mount.camera_intrinsic,
      sensor2lidar_rotation: [0, 1, 2].map((r) => axes.map((a) => a[r]!)),
      sensor2lidar_translation: origin,
    };
  }
  const annotations = dataset.tables.sample_annotation!
    .filter((row) => row.sample_token === sample.token);
  return {
    token: sample.token,
    lidar_path: lidar.data.filename,
    lidar2ego_translation: lidar.mount.translation,
    lidar2ego_rotation: lidar.mount.rotation,
    ego2global_translation: lidar.ego.translation,
    ego2global_rotation: lidar.ego.rotation,
    cams,
    gt_boxes: annotations.map((row) => {
      const m = matrixOf(row.rotation);
      const centre = toLidar(row.translation);
      const ahead = toLidar(
        row.translation.map((v: number, i: number) => v + m[i]![0]!),
      );
      const yaw = Math.atan2(ahead[1]! - centre[1]!, ahead[0]! - centre[0]!);
      const [w, l, h] = row.size;
      return [...centre, l, w, h, yaw];
    }),
    gt_names: annotations.map((row) => nameOf(dataset, row)),
    gt_velocity: annotations.map(() => [null, null]),
    num_lidar_pts: annotations.map((row) => row.num_lidar_pts),
    valid_flag: annotations.map((row) => row.num_lidar_pts > 0),
  } as unknown as FrameInfo;
}
