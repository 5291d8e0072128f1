/**
 * `nusc check-geometry`
 * @module
 */
import { CheckError, DatasetError } from "../errors.ts";
import { selectSamples } from "../eval/common/samples.ts";
import { createFrames } from "../infos/mod.ts";
import {
  type Augmentation,
  checkFrame,
  checkPixels,
  type describeFrame,
  emptyReport,
  type FrameConfig,
  type GeometryReport,
  IMAGENET_RGB,
  randomFor,
  testAugmentation,
  trainAugmentation,
  type writeInput,
} from "../loader/mod.ts";
import { type Dataset, openDataset } from "../tables/mod.ts";
import { selectionOf } from "./selection.ts";
import { textTable } from "./text.ts";

/** Flags of the command. */
export interface CheckFlags {
  root: string;
  version?: string;
  split?: string;
  scenes?: string[];
  samples?: number;
  draws?: number;
  bound?: number;
}

/** Frames whose views are tried on pixels: each takes a resize. */
const SPOT_FRAMES = 4;

/**
 * Spots may be off by more than matrices: a rotation takes the nearest pixel.
 * A flip about the wrong pixel is off by 1.
 */
const SPOT_BOUND = 0.9;

/** What each row of the report compares, and in which unit. */
const ROWS = {
  boxes: ["3D boxes in the images", "px"],
  centers: ["3D centres on 2D labels", "px"],
  labels2d: ["2D labels", "px"],
  poses: ["3D centres in the world", "m"],
  spots: ["pixels of images", "px"],
} as const satisfies Record<keyof GeometryReport, readonly string[]>;

/** What is tested; the loader's own by default. */
export interface Tested {
  describe?: typeof describeFrame;
  write?: typeof writeInput;
}

/**
 * Projects ground truth before and after augmentations of images and of the
 * bird's-eye view, and prints by how much they part.
 * @throws {CheckError} if they part by more than the bound.
 */
export async function checkGeometry(
  flags: CheckFlags,
  print: (text: string) => void,
  { describe, write }: Tested = {},
): Promise<void> {
  const { samples = 40, draws = 8, bound = 0.05 } = flags;
  const dataset = openDataset(flags.root, flags.version);
  const rows = spread(rowsOf(dataset, flags), samples);
  const report = emptyReport();
  let frames = 0;
  for await (const info of createFrames(dataset, rows, { maxSweeps: 0 })) {
    const { width, height } = info.cams.CAM_FRONT;
    const config = configFor(width, height);
    const augmentations: Augmentation[] = [testAugmentation(config, info)];
    for (let draw = 0; draw < draws; draw++) {
      const random = randomFor(draw, info.timestamp);
      augmentations.push(trainAugmentation(config, info, random, random));
    }
    for (const augmentation of augmentations) {
      checkFrame(info, config, augmentation, report, describe);
      if (frames < SPOT_FRAMES) checkPixels(info, augmentation, report, write);
    }
    frames++;
  }
  print(table(report, rows.length, draws + 1));
  refuse(report, bound);
}

/** Published augmentations, and those that this project adds. */
function configFor(width: number, height: number): FrameConfig {
  return {
    view: {
      height: Math.round(height * 256 / 900),
      width: Math.round(width * 704 / 1600),
      resizeLim: [0.38, 0.55],
      bottomCrop: [0, 0.1],
      flip: 0.5,
      rotate: [-5.4, 5.4],
    },
    normalization: IMAGENET_RGB,
    resample: "pillow",
    range: [-51.2, -51.2, -5, 51.2, 51.2, 3],
    rotation: 0.3925,
    scale: [0.95, 1.05],
    translation: [0.5, 0.5, 0.2],
    mirror: 0.5,
    photometric: 0,
  };
}

function rowsOf(dataset: Dataset, flags: CheckFlags): number[] {
  const rows = selectSamples(dataset, selectionOf(dataset, flags)).samples;
  if (rows.length > 0) return rows;
  throw new DatasetError(`Found no key frames in ${dataset.root} to check`);
}

/** At most `count` of the rows, at even steps. */
function spread(rows: number[], count: number): number[] {
  if (rows.length <= count) return rows;
  return Array.from(
    { length: count },
    (_, i) => rows[Math.floor(i * rows.length / count)]!,
  );
}

function table(
  report: GeometryReport,
  frames: number,
  draws: number,
): string {
  return textTable({
    title: `${frames} key frames under ${draws} augmentations each`,
    columns: ["compared", "values", "largest error", "where"],
    rows: Object.entries(ROWS).map(([key, [name, unit]]) => {
      const { count, error, where } = report[key as keyof GeometryReport];
      return [name, count, `${error.toExponential(1)} ${unit}`, where];
    }),
  }) + "\n";
}

/** Throws for the first comparison beyond its bound. */
function refuse(report: GeometryReport, bound: number): void {
  if (report.boxes.count === 0) {
    throw new CheckError(
      "Found no ground truth in view to compare. Check another split, or " +
        "more --samples",
    );
  }
  for (const [key, [name, unit]] of Object.entries(ROWS)) {
    const { error, where } = report[key as keyof GeometryReport];
    const allowed = key === "spots" ? SPOT_BOUND : bound;
    if (error <= allowed) continue;
    throw new CheckError(
      `Ground truth parts by ${error.toPrecision(3)} ${unit} (${name}; ` +
        `${where}), allowed ${allowed}: ${CAUSE[key as keyof GeometryReport]}`,
    );
  }
}

/** Where to look, by the comparison that failed. */
const CAUSE: Record<keyof GeometryReport, string> = {
  boxes: "the augmentation of boxes, of lidarFromImage, or the calibration " +
    "chain is wrong",
  centers: "sensor2lidar or cam_intrinsic does not fit the 2D labels",
  labels2d: "2D labels do not move as the pixels do",
  poses: "globalFromLidar does not undo the augmentation of the bird's-eye " +
    "view, so the memory would drift",
  spots: "images do not move as their matrices say",
};
