/**
 * One frame as the network takes it: pixels, geometry and ground truth under
 * one draw of augmentations.
 * @module
 */
import { CAMERAS, type FrameInfo } from "../infos/types.ts";
import { type FrameGeometry, frameGeometry } from "./geometry.ts";
import type { Normalization } from "./image.ts";
import { dropHidden, type Labels2d, transformLabels2d } from "./labels2d.ts";
import {
  augmentedFromLidar,
  augmentLabels3d,
  type BevAugmentation,
  type Labels3d,
  labels3d,
  NO_BEV,
} from "./labels3d.ts";
import type { ImageJob, Resample } from "./reader.ts";
import { normal, type Random, uniform } from "./random.ts";
import { testView, trainView, type View, type ViewConfig } from "./view.ts";

/** How frames are loaded and augmented. */
export interface FrameConfig {
  view: ViewConfig;
  normalization: Normalization;
  resample: Resample;
  /** pc_range: boxes outside it in x or y are no ground truth. Metres. */
  range: readonly number[];
  /** Largest rotation about z, radians, either way. */
  rotation: number;
  /** Range of the scale. */
  scale: readonly [number, number];
  /** translation_std: deviations of x, y and z, metres; default none. */
  translation?: readonly [number, number, number];
  /** Probability of mirroring the world, drawn once a sequence. */
  mirror: number;
  /** Largest relative change of brightness and contrast. */
  photometric: number;
}

/** What was drawn for a frame. */
export interface Augmentation {
  view: View;
  bev: BevAugmentation;
  /** Factor on normalised pixels and addend, per channel. */
  color: { gain: number; shift: [number, number, number] } | null;
}

/** A frame, ready to be put into a batch. */
export interface Frame {
  info: FrameInfo;
  augmentation: Augmentation;
  geometry: FrameGeometry;
  labels: Labels3d;
  /** Six, in camera order. */
  labels2d: Labels2d[];
}

/** The augmentation of evaluation: none. */
export function testAugmentation(
  config: FrameConfig,
  info: FrameInfo,
): Augmentation {
  const { width, height } = info.cams.CAM_FRONT;
  return {
    view: testView(config.view, width, height),
    bev: NO_BEV,
    color: null,
  };
}

/**
 * Draws a training augmentation.
 * @param frame generator keyed by iteration and stream.
 * @param sequence generator keyed by the stream's visit of a sequence.
 */
export function trainAugmentation(
  config: FrameConfig,
  info: FrameInfo,
  frame: Random,
  sequence: Random,
): Augmentation {
  const { width, height } = info.cams.CAM_FRONT;
  const view = trainView(config.view, width, height, frame);
  const mirror = sequence() < config.mirror;
  const bev: BevAugmentation = {
    mirror,
    rotation: uniform(frame, -config.rotation, config.rotation),
    scale: uniform(frame, ...config.scale),
  };
  const p = config.photometric;
  const shift = () => uniform(frame, -p, p);
  const color = p > 0
    ? {
      gain: 1 + uniform(frame, -p, p),
      shift: [shift(), shift(), shift()] as [number, number, number],
    }
    : null;
  const [dx, dy, dz] = config.translation ?? [0, 0, 0];
  if (dx > 0 || dy > 0 || dz > 0) {
    bev.translation = [normal(frame, dx), normal(frame, dy), normal(frame, dz)];
  }
  // A mirrored world is seen in mirrored images.
  return { view: { ...view, flip: view.flip !== mirror }, bev, color };
}

/** Geometry and ground truth of a frame under an augmentation; no pixels. */
export function describeFrame(
  info: FrameInfo,
  config: FrameConfig,
  augmentation: Augmentation,
): Frame {
  const { view, bev } = augmentation;
  const labels2d = CAMERAS.map((_, camera) => {
    const moved = transformLabels2d({
      boxes: info.bboxes2d[camera]!,
      labels: info.labels2d[camera]!,
      centers: info.centers2d[camera]!,
      depths: info.depths[camera]!,
    }, view);
    return moved.boxes.length > 0 ? dropHidden(moved, view) : moved;
  });
  return {
    info,
    augmentation,
    geometry: frameGeometry(info, view, augmentedFromLidar(bev)),
    labels: augmentLabels3d(labels3d(info, config.range), bev),
    labels2d,
  };
}

/**
 * What is to be read for a frame, in camera order.
 * @param root folder of the dataset.
 */
export function imageJobs(
  root: string,
  { info, augmentation: { view, color } }: Frame,
  { normalization }: FrameConfig,
): ImageJob[] {
  const changed = colored(normalization, color);
  return CAMERAS.map((name) => {
    const { data_path, width, height } = info.cams[name];
    const path = `${root}/${data_path}`;
    return { path, width, height, view, normalization: changed };
  });
}

/** Writes images as network input; {@link ImageReader} is one. */
export interface ImageWriter {
  write(job: ImageJob, out: Float32Array, offset?: number): Promise<void>;
}

/**
 * Reads the six images of a frame into network input.
 * @param out [N, H, W, 3] of one sample, from `offset`.
 */
export async function writeImages(
  writer: ImageWriter,
  jobs: readonly ImageJob[],
  out: Float32Array,
  offset = 0,
): Promise<void> {
  await Promise.all(jobs.map((job, i) => {
    const size = job.view.width * job.view.height * 3;
    return writer.write(job, out, offset + i * size);
  }));
}

/** Folds a colour change of normalised pixels into mean and std. */
function colored(
  normalization: Normalization,
  color: Augmentation["color"],
): Normalization {
  if (!color) return normalization;
  const { mean, std, order } = normalization;
  // gain·(v − mean)/std + shift = (v − mean′)/std′
  const newStd = std.map((value) => value / color.gain);
  const newMean = mean.map((value, c) => value - color.shift[c]! * newStd[c]!);
  return {
    mean: newMean as unknown as Normalization["mean"],
    std: newStd as unknown as Normalization["std"],
    order,
  };
}
