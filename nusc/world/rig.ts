/**
 * The sensors of the ego vehicle: mounts and intrinsics close to those of a
 * nuScenes car, with a small error of their own in every log, and the moments
 * at which they fire.
 * @module
 */
import {
  fromAngles,
  multiply,
  normalize,
  type Pose,
  type Quaternion,
  type Vector,
} from "./pose.ts";
import type { Random } from "./random.ts";

/** Six cameras, then the LiDAR. */
export const CHANNELS = [
  "CAM_FRONT",
  "CAM_FRONT_RIGHT",
  "CAM_FRONT_LEFT",
  "CAM_BACK",
  "CAM_BACK_LEFT",
  "CAM_BACK_RIGHT",
  "LIDAR_TOP",
] as const;
/** A sensor's name. */
export type Channel = (typeof CHANNELS)[number];

/** A sensor of one log; `egoFromSensor` is its pose. */
export interface Sensor extends Pose {
  channel: Channel;
  /** [3][3] pixels of the written image; empty for the LiDAR. */
  intrinsic: number[][];
}

interface Mount {
  channel: Channel;
  translation: Vector;
  rotation: Quaternion;
  /** Focal length, centre x, centre y at 1600x900. */
  lens?: [number, number, number];
  /** Milliseconds from the end of the LiDAR's turn to the exposure. */
  delay: number;
}

const MOUNTS: Mount[] = [
  {
    channel: "CAM_FRONT",
    translation: [1.7008, 0.0159, 1.511],
    rotation: [0.4998, -0.503, 0.4998, -0.4974],
    lens: [1266.4, 816.3, 491.5],
    delay: -35.5,
  },
  {
    channel: "CAM_FRONT_RIGHT",
    translation: [1.5508, -0.4934, 1.4957],
    rotation: [0.206, -0.2027, 0.6825, -0.6714],
    lens: [1260.8, 808, 495.3],
    delay: -27.3,
  },
  {
    channel: "CAM_FRONT_LEFT",
    translation: [1.5239, 0.4946, 1.5093],
    rotation: [0.6757, -0.6736, 0.2121, -0.2112],
    lens: [1272.6, 826.6, 479.8],
    delay: -43.1,
  },
  {
    channel: "CAM_BACK",
    translation: [0.0283, 0.0035, 1.5791],
    rotation: [0.5038, -0.4974, -0.4942, 0.5045],
    lens: [809.2, 829.2, 481.8],
    delay: -10.4,
  },
  {
    channel: "CAM_BACK_LEFT",
    translation: [1.0357, 0.4848, 1.591],
    rotation: [0.6924, -0.7032, -0.1165, 0.112],
    lens: [1256.7, 792.1, 492.8],
    delay: -0.5,
  },
  {
    channel: "CAM_BACK_RIGHT",
    translation: [1.0149, -0.4806, 1.5624],
    rotation: [0.1228, -0.1324, -0.7004, 0.6905],
    lens: [1259.5, 807.3, 501.2],
    delay: -19.9,
  },
  {
    channel: "LIDAR_TOP",
    translation: [0.9437, 0, 1.8402],
    rotation: [0.7078, -0.0065, 0.0106, -0.7063],
    delay: 0,
  },
];

/** The sensors of one log, in the order of `CHANNELS`. */
export function buildRig(
  random: Random,
  width: number,
  height: number,
): Sensor[] {
  return MOUNTS.map(({ channel, translation, rotation, lens }) => {
    const error = () => 0.004 * random.normal();
    const tilt = fromAngles([error() / 2, error() / 2, error() / 2]);
    const intrinsic: number[][] = [];
    if (lens) {
      const focal = lens[0] * (1 + 0.001 * random.normal());
      const centre = [1, 2].map((i) => lens[i]! + 2 * random.normal());
      const [sx, sy] = [width / 1600, height / 900];
      intrinsic.push(
        [focal * sx, 0, centre[0]! * sx],
        [0, focal * sy, centre[1]! * sy],
        [0, 0, 1],
      );
    }
    return {
      channel,
      translation: translation.map((t) => t + error()) as Vector,
      rotation: normalize(multiply(rotation, tilt)),
      intrinsic,
    };
  });
}

/** When a sensor's key frame is taken, seconds after the LiDAR's. */
export function delayOf(channel: Channel): number {
  return MOUNTS.find((mount) => mount.channel === channel)!.delay / 1000;
}
