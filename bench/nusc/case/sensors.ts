/**
 * The twelve sensors, and how often each fires.
 * @module
 */

/** A sensor of the car. */
export interface Sensor {
  channel: string;
  modality: "camera" | "lidar" | "radar";
  /** Ego frame, metres. */
  translation: number[];
  /** w-first. */
  rotation: number[];
  /** Readings from one key frame to the next. */
  readings: number;
  /** Ending of its files. */
  format: string;
}

function camera(channel: string, translation: number[], rotation: number[]) {
  const modality = "camera" as const;
  return {
    ...{ channel, modality, translation, rotation },
    ...{ readings: 6, format: "jpg" },
  };
}

function radar(channel: string, x: number, y: number, readings = 6) {
  const modality = "radar" as const;
  return {
    ...{ channel, modality, translation: [x, y, 0.5], rotation: [1, 0, 0, 0] },
    ...{ readings, format: "pcd" },
  };
}

/** All sensors; 79 readings between two key frames. */
export const SENSORS: readonly Sensor[] = [
  camera("CAM_FRONT", [1.7008, 0.0159, 1.511], [
    ...[0.4998, -0.503, 0.4998, -0.4974],
  ]),
  camera("CAM_FRONT_RIGHT", [1.5508, -0.4934, 1.4957], [
    ...[0.206, -0.2027, 0.6825, -0.6714],
  ]),
  camera("CAM_FRONT_LEFT", [1.5239, 0.4946, 1.5093], [
    ...[0.6757, -0.6736, 0.2121, -0.2112],
  ]),
  camera("CAM_BACK", [0.0283, 0.0035, 1.5791], [
    ...[0.5038, -0.4974, -0.4942, 0.5045],
  ]),
  camera("CAM_BACK_LEFT", [1.0357, 0.4848, 1.591], [
    ...[0.6924, -0.7032, -0.1165, 0.112],
  ]),
  camera("CAM_BACK_RIGHT", [1.0149, -0.4806, 1.5624], [
    ...[0.1228, -0.1324, -0.7004, 0.6905],
  ]),
  {
    ...{ channel: "LIDAR_TOP", modality: "lidar" },
    translation: [0.9437, 0, 1.8402],
    rotation: [0.7078, -0.0065, 0.0106, -0.7063],
    ...{ readings: 10, format: "pcd.bin" },
  },
  radar("RADAR_FRONT", 3.412, 0, 7),
  radar("RADAR_FRONT_LEFT", 2.422, 0.8),
  radar("RADAR_FRONT_RIGHT", 2.422, -0.8),
  radar("RADAR_BACK_LEFT", -0.562, 0.628, 7),
  radar("RADAR_BACK_RIGHT", -0.562, -0.618, 7),
];

/** The LiDAR's key frames only: all that evaluation needs. */
export const LIDAR_ONLY: readonly Sensor[] = SENSORS
  .filter((sensor) => sensor.modality === "lidar")
  .map((sensor) => ({ ...sensor, readings: 1 }));
