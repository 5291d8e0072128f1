/**
 * From detections to tracks.
 * @module
 */
export {
  type Detection,
  GreedyTracker,
  TRACKER_DEFAULTS,
  type TrackerOptions,
} from "./greedy.ts";
export {
  type TrackingRecord,
  type TrackOptions,
  trackResults,
} from "./track.ts";
