/**
 * A key frame with its ground truth and the predictions of a results file.
 * @module
 */
import { existsSync } from "node:fs";
import { DETECTION_OF_CATEGORY } from "../categories.ts";
import { type Box, compose, headingOf, invert } from "../geometry/mod.ts";
import { CAMERAS } from "../infos/types.ts";
import {
  boxesOf,
  type PointCloud,
  pointsInImage,
  readingOf,
  readPointCloud,
  type SampleView,
  type SensorReading,
  toFrame,
} from "../reading/mod.ts";
import type { SampleBox } from "../results/mod.ts";
import type { Dataset } from "../tables/mod.ts";
import type { CameraView, DrawnBox } from "./box.ts";
import { renderSheet, type SheetInput, writePicture } from "./sheet.ts";

/** What `renderSample` draws and where it writes. */
export interface SampleOptions {
  /** Boxes of a results file for this key frame. */
  predictions?: readonly SampleBox[];
  /** Predictions below are left out; default 0.25. */
  minScore?: number;
  /**
   * What is shown: `all` (default), `cameras`, `bev`, or one camera by its
   * channel.
   */
  view?: string;
  /** Whether LiDAR points are drawn into the images too; default no. */
  points?: boolean;
  /** Path of the picture; its ending chooses the format. */
  out: string;
  /** Metres that the bird's-eye view reaches to each side; default 25. */
  range?: number;
  /**
   * Pixels of an image's width, or of a bird's-eye view that stands alone;
   * default 480 for six cameras, else the image's own.
   */
  width?: number;
  /** A line above the picture; default scene, index and token. */
  title?: string;
}

/** A box of the global frame as one of the LiDAR's. */
function drawnOf(
  box: Box & { velocity?: readonly number[] },
  lidar: SensorReading,
) {
  const { center, wlh, rotation, velocity } = toFrame(box, lidar, "sensor");
  const [width, length, height] = wlh as [number, number, number];
  const [vx, vy] = velocity ?? [0, 0];
  return {
    box: [...center, length, width, height, headingOf(rotation)],
    velocity: [vx || 0, vy || 0] as [number, number],
  };
}

/** A box of a results file in the LiDAR frame of its key frame. */
export function toDrawn(lidar: SensorReading, result: SampleBox): DrawnBox {
  const box = {
    center: result.translation,
    wlh: result.size,
    rotation: result.rotation,
    velocity: [...result.velocity, 0],
  };
  return {
    ...drawnOf(box, lidar),
    label: result.name,
    score: result.score,
    trackId: result.trackId,
  };
}

/**
 * Ground truth of a sample in its LiDAR frame; faint if it has no points or
 * is of no detection class.
 */
export function truthOf(dataset: Dataset, sample: SampleView): DrawnBox[] {
  const lidar = readingOf(dataset, sample, "LIDAR_TOP");
  return boxesOf(dataset, sample).map((box) => ({
    ...drawnOf(box, lidar),
    label: box.detectionName ?? box.category,
    faint: box.lidarPoints + box.radarPoints === 0 ||
      !(box.category in DETECTION_OF_CATEGORY),
  }));
}

/**
 * The six cameras of a sample, as seen from its LiDAR; the car's motion
 * between the readings is accounted for.
 * @param cloud LiDAR points that are drawn into the images
 */
export function viewsOf(
  dataset: Dataset,
  sample: SampleView,
  cloud?: PointCloud,
): CameraView[] {
  const lidar = readingOf(dataset, sample, "LIDAR_TOP");
  const lidarFromGlobal = invert(lidar.globalFromSensor);
  return CAMERAS.map((channel) => {
    const camera = readingOf(dataset, sample, channel);
    return {
      channel,
      image: camera.path,
      width: camera.width,
      height: camera.height,
      intrinsic: camera.intrinsic,
      lidarFromCamera: compose(lidarFromGlobal, camera.globalFromSensor),
      points: cloud && pointsInImage(cloud, lidar, camera),
    };
  });
}

/**
 * Writes the picture of a key frame: cameras, bird's-eye view with LiDAR
 * points (if the file is there), ground truth and predictions.
 * @throws {DatasetError} if an image or, with `points`, the LiDAR file is
 *   absent or damaged, or if the picture's ending is unknown
 */
export async function renderSample(
  dataset: Dataset,
  sample: SampleView,
  options: SampleOptions,
): Promise<void> {
  const { predictions = [], minScore = 0.25, view = "all" } = options;
  const lidar = readingOf(dataset, sample, "LIDAR_TOP");
  const drawn = predictions.filter((result) => result.score >= minScore)
    .map((result) => toDrawn(lidar, result));
  const cloud = options.points || existsSync(lidar.path)
    ? await readPointCloud(lidar.path)
    : undefined;
  const views = viewsOf(dataset, sample, options.points ? cloud : undefined);
  const input: SheetInput = {
    views: view === "all" || view === "cameras"
      ? views
      : views.filter((camera) => camera.channel === view),
    bev: view === "all" || view === "bev",
    boxes: [...truthOf(dataset, sample), ...drawn],
    points: cloud?.data,
    range: options.range,
    width: options.width,
    title: options.title ??
      `${sample.scene} ${sample.index} sample ${sample.token}`,
  };
  await writePicture(await renderSheet(input), options.out);
}
