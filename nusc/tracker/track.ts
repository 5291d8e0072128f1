/**
 * Tracks the detections of a results file.
 * @module
 */
import {
  DETECTION_NAMES,
  TRACKING_NAMES,
  type TrackingName,
} from "../categories.ts";
import { checkCoverage, selectSamples } from "../eval/common/samples.ts";
import type { Selection } from "../eval/common/mod.ts";
import {
  readResults,
  type ResultBoxes,
  type Results,
  type ResultsMeta,
  type SampleBoxes,
  writeResults,
} from "../results/mod.ts";
import { type Dataset, group } from "../tables/mod.ts";
import { type Detection, Tracker, type TrackerOptions } from "./tracker.ts";

/** A box of a tracking submission, global frame. */
export interface TrackingRecord {
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
  /** Unique within the scene. */
  tracking_id: string;
  /** One of the seven classes. */
  tracking_name: TrackingName;
  /** The detection's own score. */
  tracking_score: number;
}

/** What to track and how. */
export type TrackOptions = Selection & Partial<TrackerOptions> & {
  /** Detections below are ignored; default 0.25. */
  minScore?: number;
  /** Called after each frame. */
  onFrame?: (done: number, total: number) => void;
  signal?: AbortSignal;
};

/**
 * Reads detections and writes a tracking submission; returns the number of
 * frames.
 * @throws {ResultsError} if the detections are damaged or incomplete
 */
export async function trackResults(
  dataset: Dataset,
  detections: string,
  out: string,
  options: TrackOptions,
): Promise<number> {
  const selected = selectSamples(dataset, options);
  const results = readResults(detections, "detection", dataset.samples.index);
  checkCoverage(dataset, results, selected);
  return await writeResults(
    out,
    trackFrames(dataset, selected.samples, results, options),
    results.meta as ResultsMeta,
  );
}

/** Tracked boxes of every sample, in table order. */
function* trackFrames(
  dataset: Dataset,
  samples: readonly number[],
  { boxes }: Results,
  options: Omit<TrackOptions, keyof Selection>,
): Generator<SampleBoxes> {
  const { minScore = 0.25, onFrame, signal } = options;
  const { maxAge, reach, matching } = options;
  const tracker = new Tracker({ maxAge, reach, matching });
  const ofSample = group(boxes.sample, dataset.samples.rows.length);
  const tracked = DETECTION_NAMES.map((name) =>
    TRACKING_NAMES.includes(name as TrackingName)
  );
  let before = 0;
  for (const [done, row] of samples.entries()) {
    signal?.throwIfAborted();
    const { token, prev, timestamp } = dataset.samples.rows[row]!;
    const seconds = timestamp * 1e-6;
    if (prev === "") {
      tracker.reset();
      before = seconds;
    }
    const usable = [...ofSample.of(row)].filter((box) =>
      tracked[boxes.label[box]!] && boxes.score[box]! >= minScore
    );
    const { ids, order } = tracker.step(
      usable.map((box) => detectionOf(boxes, box)),
      seconds - before,
    );
    before = seconds;
    yield {
      token,
      boxes: order.map((i) => recordOf(boxes, usable[i]!, token, ids[i]!)),
    };
    onFrame?.(done + 1, samples.length);
  }
}

function detectionOf(boxes: ResultBoxes, i: number): Detection {
  const { translation, velocity, label } = boxes;
  return {
    label: label[i]!,
    x: translation[3 * i]!,
    y: translation[3 * i + 1]!,
    vx: velocity[2 * i]!,
    vy: velocity[2 * i + 1]!,
  };
}

function recordOf(
  boxes: ResultBoxes,
  i: number,
  token: string,
  id: number,
): TrackingRecord {
  return {
    sample_token: token,
    translation: [...boxes.translation.subarray(3 * i, 3 * i + 3)],
    size: [...boxes.size.subarray(3 * i, 3 * i + 3)],
    rotation: [...boxes.rotation.subarray(4 * i, 4 * i + 4)],
    velocity: [...boxes.velocity.subarray(2 * i, 2 * i + 2)],
    tracking_id: String(id),
    tracking_name: DETECTION_NAMES[boxes.label[i]!] as TrackingName,
    tracking_score: boxes.score[i]!,
  };
}
