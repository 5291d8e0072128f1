/**
 * Numbers of one class at one threshold.
 * Source: nuscenes-devkit, eval/tracking/metrics.py, and py-motmetrics.
 * @module
 */
import type { Events, ObjectLife } from "./accumulate.ts";
import { FRAME_SECONDS, type ThresholdMetric } from "./config.ts";

/** All metrics; NaN where nothing was matched. */
export function measure(events: Events): Record<ThresholdMetric, number> {
  const { matches, switches, misses, falseAlarms, frames, lives } = events;
  const detections = matches + switches;
  const objects = detections + misses;
  const wrong = misses + switches + falseAlarms;
  const ratios = lives.map(({ found }) => sum(found) / found.length);
  const tracked = lives.filter(({ found }) => found.includes(1));
  return {
    recall: detections / objects,
    motar: motar(matches, wrong, objects),
    gt: objects,
    mota: Math.max(0, 1 - wrong / objects),
    motp: detections ? events.distance / detections : NaN,
    mt: ratios.filter((ratio) => ratio >= 0.8).length,
    ml: ratios.filter((ratio) => ratio < 0.2).length,
    faf: falseAlarms / frames * 100,
    tp: matches,
    fp: falseAlarms,
    fn: misses,
    ids: switches,
    frag: sum(tracked.map(fragmentsOf)),
    // Objects that are never found count in neither sum nor mean.
    tid: tracked.length
      ? sum(tracked.map(initialization)) / tracked.length
      : NaN,
    lgd: tracked.length ? sum(tracked.map(longestGap)) / tracked.length : NaN,
  };
}

/** MOTA relative to what is possible at this recall. */
function motar(matches: number, wrong: number, objects: number): number {
  const recall = matches / objects;
  const possible = recall * objects;
  if (possible === 0) return NaN;
  return Math.max(0, 1 - (wrong - (1 - recall) * objects) / possible);
}

/** Times a tracked object was lost and found again. */
function fragmentsOf({ found }: ObjectLife): number {
  let count = 0;
  const last = found.lastIndexOf(1);
  for (let i = found.indexOf(1) + 1; i <= last; i++) {
    if (!found[i] && found[i - 1]) count++;
  }
  return count;
}

/** Seconds until the object was first found. */
function initialization({ frames, found }: ObjectLife): number {
  return (frames[found.indexOf(1)]! - frames[0]!) * FRAME_SECONDS;
}

/** Seconds of the longest time without being found. */
function longestGap({ frames, found }: ObjectLife): number {
  const hits = frames.filter((_, i) => found[i]);
  const edges = [frames[0]! - 1, ...hits, frames.at(-1)! + 1];
  let longest = 0;
  for (let i = 1; i < edges.length; i++) {
    longest = Math.max(longest, edges[i]! - edges[i - 1]! - 1);
  }
  return longest * FRAME_SECONDS;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
