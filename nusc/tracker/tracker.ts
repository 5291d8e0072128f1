/**
 * A tracker by centres (CenterPoint's): every detection is moved back by its
 * own velocity and continues a track of its class near there.
 * Source: StreamPETR, nusc_tracking/pub_tracker.py; distances are rounded to
 * float32 where it does, so that the same pairs are nearest.
 * @module
 */
import { type Distances, type Matching, MATCHINGS } from "./pairing.ts";

/** A detection that is to be tracked. */
export interface Detection {
  /** Class; only equal ones are paired. */
  label: number;
  /** Global frame, metres. */
  x: number;
  /** Likewise. */
  y: number;
  /** m/s over ground along global x. */
  vx: number;
  /** m/s likewise along y. */
  vy: number;
}

/** Settings of {@link Tracker}. */
export interface TrackerOptions {
  /** A track ends when it is missed this often. */
  maxAge: number;
  /** Metres; farther pairs are refused. */
  reach: number;
  /**
   * `greedy`: one after the other in the order of the file, each the nearest;
   * `hungarian`: all at once.
   */
  matching: Matching;
}

/** What the reference uses. */
export const TRACKER_DEFAULTS: TrackerOptions = {
  maxAge: 3,
  reach: 2.5,
  matching: "greedy",
};

interface Track {
  id: number;
  label: number;
  /** Where it was seen, or is expected after a miss. */
  x: number;
  y: number;
  /** Metres per frame, by velocity and time lag when it was last seen. */
  stepX: number;
  stepY: number;
  /** 1 plus the frames since it was last seen. */
  age: number;
}

const round = Math.fround;

/** Tracks the objects of one scene, frame by frame. */
export class Tracker {
  readonly #options: TrackerOptions;
  #tracks: Track[] = [];
  #count = 0;

  /** Begins without tracks; what is left out has its default. */
  constructor(options: Partial<TrackerOptions> = {}) {
    const { maxAge, reach, matching } = TRACKER_DEFAULTS;
    this.#options = {
      maxAge: options.maxAge ?? maxAge,
      reach: options.reach ?? reach,
      matching: options.matching ?? matching,
    };
  }

  /** Forgets everything: a scene begins. */
  reset(): void {
    this.#tracks = [];
    this.#count = 0;
  }

  /**
   * Ids of the detections, and the order in which the reference lists them:
   * continued tracks first, then new ones.
   * @param seconds since the frame before, 0 in the first
   */
  step(
    detections: readonly Detection[],
    seconds: number,
  ): { ids: Int32Array; order: number[] } {
    const ids = new Int32Array(detections.length);
    if (!detections.length) {
      // The reference ages its tracks here but ends none of them.
      for (const track of this.#tracks) this.#miss(track);
      return { ids, order: [] };
    }
    const distances = this.#distances(detections, seconds);
    const pair = MATCHINGS[this.#options.matching];
    const { trackOf, begun, ended } = pair(distances);
    const gone = new Set([...trackOf, ...ended]);
    const continued = [...trackOf.keys()].filter((i) => trackOf[i]! >= 0);
    for (const i of continued) ids[i] = this.#tracks[trackOf[i]!]!.id;
    for (const i of begun) ids[i] = ++this.#count;
    const order = [...continued, ...begun];
    const seen = order.map((i) => begin(detections[i]!, ids[i]!, seconds));
    const missed = this.#tracks.filter((track, j) =>
      !gone.has(j) && this.#miss(track)
    );
    this.#tracks = [...seen, ...missed];
    return { ids, order };
  }

  /** Between every detection, moved back, and every track. */
  #distances(detections: readonly Detection[], seconds: number): Distances {
    const tracks = this.#tracks;
    const data = new Float64Array(detections.length * tracks.length);
    data.fill(Infinity);
    detections.forEach(({ x, y, vx, vy, label }, i) => {
      const pastX = round(x + round(-vx * seconds));
      const pastY = round(y + round(-vy * seconds));
      tracks.forEach((track, j) => {
        if (track.label !== label) return;
        const dx = round(round(track.x) - pastX);
        const dy = round(round(track.y) - pastY);
        const distance = round(
          Math.sqrt(round(round(dx * dx) + round(dy * dy))),
        );
        if (distance <= this.#options.reach) {
          data[i * tracks.length + j] = distance;
        }
      });
    });
    return { data, detections: detections.length, tracks: tracks.length };
  }

  /** Moves a track on by itself; false if it is too old for that. */
  #miss(track: Track): boolean {
    if (track.age >= this.#options.maxAge) return false;
    track.age++;
    track.x += track.stepX;
    track.y += track.stepY;
    return true;
  }
}

function begin(detection: Detection, id: number, seconds: number): Track {
  const { label, x, y, vx, vy } = detection;
  return { id, label, x, y, stepX: vx * seconds, stepY: vy * seconds, age: 1 };
}
