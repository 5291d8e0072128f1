/**
 * From detections to tracks.
 * @module
 */
export { type Matching, MATCHINGS } from "./pairing.ts";
export {
  type Detection,
  Tracker,
  TRACKER_DEFAULTS,
  type TrackerOptions,
} from "./tracker.ts";
export {
  type TrackingRecord,
  type TrackOptions,
  trackResults,
} from "./track.ts";
