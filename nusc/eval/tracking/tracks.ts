/**
 * Boxes as tracks: scores averaged over each track, gaps filled.
 * Source: nuscenes-devkit, eval/tracking/loaders.py.
 * @module
 */
import type { ResultBoxes } from "../../results/mod.ts";
import type { Dataset } from "../../tables/mod.ts";
import { mean } from "../common/mean.ts";

/** A box of a track in one frame. */
export interface TrackBox {
  /** Index in the boxes' `trackIds`. */
  id: number;
  /** Index in TRACKING_NAMES. */
  label: number;
  /** Global frame, metres. */
  x: number;
  y: number;
  score: number;
}

/** Rows of `samples` of a scene, in time. */
export type Timeline = readonly number[];

/** Timelines of the scenes that samples belong to. */
export function timelinesOf(
  dataset: Dataset,
  samples: readonly number[],
): Timeline[] {
  const scenes = new Set(samples.map((row) => dataset.sceneOfSample[row]!));
  return [...scenes].map((scene) => dataset.timelineOf(scene));
}

/**
 * Tracks of every scene: [scene][frame] boxes.
 * @param kept indexes of the boxes that count, in file order
 * @param averageScores for predictions
 */
export function buildTracks(
  dataset: Dataset,
  timelines: readonly Timeline[],
  boxes: ResultBoxes,
  kept: Int32Array,
  averageScores: boolean,
): TrackBox[][][] {
  const ofSample = new Map<number, TrackBox[]>();
  for (const i of kept) {
    const sample = boxes.sample[i]!;
    if (!ofSample.has(sample)) ofSample.set(sample, []);
    ofSample.get(sample)!.push({
      id: boxes.track[i]!,
      label: boxes.label[i]!,
      x: boxes.translation[3 * i]!,
      y: boxes.translation[3 * i + 1]!,
      score: boxes.score[i]!,
    });
  }
  return timelines.map((timeline) => {
    const frames = timeline.map((sample) => ofSample.get(sample) ?? []);
    const times = timeline.map((sample) =>
      dataset.samples.rows[sample]!.timestamp
    );
    const tracks = groupById(frames);
    if (averageScores) {
      for (const track of tracks) averageTrack(track.map(({ box }) => box));
    }
    for (const track of tracks) fillGaps(track, frames, times);
    return frames;
  });
}

/** A box and its place in the timeline. */
interface Sighting {
  frame: number;
  box: TrackBox;
}

/** Tracks in the order in which they appear. */
function groupById(frames: readonly TrackBox[][]): Sighting[][] {
  const tracks = new Map<number, Sighting[]>();
  frames.forEach((boxes, frame) => {
    for (const box of boxes) {
      const track = tracks.get(box.id);
      if (track) track.push({ frame, box });
      else tracks.set(box.id, [{ frame, box }]);
    }
  });
  return [...tracks.values()];
}

function averageTrack(boxes: readonly TrackBox[]): void {
  const score = mean(boxes.map((box) => box.score));
  for (const box of boxes) box.score = score;
}

/** Adds boxes to the frames between two sightings. */
function fillGaps(
  track: readonly Sighting[],
  frames: TrackBox[][],
  times: readonly number[],
): void {
  for (let i = 1; i < track.length; i++) {
    const left = track[i - 1]!;
    const right = track[i]!;
    const [from, to] = [times[left.frame]!, times[right.frame]!];
    for (let frame = left.frame + 1; frame < right.frame; frame++) {
      // The devkit's weight runs backwards: near the left sighting the box
      // lies near the right one. Its numbers are the standard, so it stays.
      const weight = (to - times[frame]!) / (to - from);
      frames[frame]!.push(between(left.box, right.box, weight));
    }
  }
}

function between(left: TrackBox, right: TrackBox, weight: number): TrackBox {
  const mix = (a: number, b: number) => (1 - weight) * a + weight * b;
  return {
    id: right.id,
    label: right.label,
    x: mix(left.x, right.x),
    y: mix(left.y, right.y),
    score: mix(left.score, right.score),
  };
}
