/**
 * Where a sensor was, relative to the LiDAR at the key frame.
 *
 * Source: obtain_sensor2top of StreamPETR's nuscenes_converter.py.
 * @module
 */
import {
  inverseAffine,
  type Matrix4,
  multiply,
  rigid,
  rotationFromQuaternion,
} from "../geometry/matrix.ts";
import type { Dataset } from "../tables/dataset.ts";
import type { SampleData } from "../tables/rows.ts";
import type { SweepInfo } from "./types.ts";

/** Global frame from the frame of sensor data. */
export function globalFromSensor(
  dataset: Dataset,
  data: SampleData,
): Matrix4 {
  const sensor = dataset.get(
    "calibrated_sensor",
    data.calibrated_sensor_token,
    data.token,
  );
  const ego = dataset.get("ego_pose", data.ego_pose_token, data.token);
  return multiply(
    rigid(rotationFromQuaternion(ego.rotation), ego.translation),
    rigid(rotationFromQuaternion(sensor.rotation), sensor.translation),
  );
}

/** Pose fields of sensor data relative to the key frame's LiDAR. */
export function sensorInfo(
  dataset: Dataset,
  data: SampleData,
  globalFromLidar: Matrix4,
  type: string,
): SweepInfo {
  const sensor = dataset.get(
    "calibrated_sensor",
    data.calibrated_sensor_token,
    data.token,
  );
  const ego = dataset.get("ego_pose", data.ego_pose_token, data.token);
  const lidarFromSensor = multiply(
    inverseAffine(globalFromLidar),
    globalFromSensor(dataset, data),
  );
  const row = (i: number) => [...lidarFromSensor.slice(4 * i, 4 * i + 3)];
  return {
    data_path: data.filename,
    type,
    sample_data_token: data.token,
    sensor2ego_translation: sensor.translation,
    sensor2ego_rotation: sensor.rotation,
    ego2global_translation: ego.translation,
    ego2global_rotation: ego.rotation,
    timestamp: data.timestamp,
    sensor2lidar_rotation: [row(0), row(1), row(2)],
    sensor2lidar_translation: [3, 7, 11].map((i) => lidarFromSensor[i]!),
  };
}
