/**
 * Which detection continues which track.
 * Source: StreamPETR, nusc_tracking/{pub_tracker,track_utils}.py.
 * @module
 */
import { assignRows } from "../assignment.ts";

/** Distances of pairs in metres; Infinity where a pair is refused. */
export interface Distances {
  /** [detections][tracks] */
  data: Float64Array;
  detections: number;
  tracks: number;
}

/** Who continues what. */
export interface Pairing {
  /** [detections] track or -1. */
  trackOf: Int32Array;
  /** Detections that begin a track, in the order of their new ids. */
  begun: number[];
  /** Tracks that end here, whatever their age. */
  ended: number[];
}

/** Ways to pair, by name. */
export const MATCHINGS = { greedy: pairGreedily, hungarian: pairAtOnce };

/** Name of a way to pair. */
export type Matching = keyof typeof MATCHINGS;

/** Detections in their order take the nearest track that is still free. */
function pairGreedily({ data, detections, tracks }: Distances): Pairing {
  const trackOf = new Int32Array(detections).fill(-1);
  const taken = new Uint8Array(tracks);
  for (let i = 0; i < detections; i++) {
    let best = -1, least = Infinity;
    for (let j = 0; j < tracks; j++) {
      const distance = data[i * tracks + j]!;
      if (taken[j] || distance >= least) continue;
      least = distance;
      best = j;
    }
    if (best < 0) continue;
    taken[best] = 1;
    trackOf[i] = best;
  }
  const begun = [...trackOf.keys()].filter((i) => trackOf[i] === -1);
  return { trackOf, begun, ended: [] };
}

/** What a refused pair costs in the reference. */
const REFUSED = 1e18;

/**
 * All at once: as many pairs as can be, of a small sum of distances. Two
 * faults of the reference are kept with its results: beside a cost of 1e18
 * float64 holds no metres, so that the sum is not always the least one; and
 * a refused pair costs its track its life, for the solver pairs leftovers
 * too. `greedy`, which has neither, is its default.
 */
function pairAtOnce({ data, detections, tracks }: Distances): Pairing {
  const costs = data.map((distance) => Math.min(distance, REFUSED));
  const trackOf = assignRows(costs, detections, tracks);
  const left: number[] = [], refused: number[] = [], ended: number[] = [];
  trackOf.forEach((track, i) => {
    if (track < 0) left.push(i);
    else if (costs[i * tracks + track] === REFUSED) {
      refused.push(i);
      ended.push(track);
      trackOf[i] = -1;
    }
  });
  return { trackOf, begun: [...left, ...refused], ended };
}
