/**
 * CLEAR-MOT events of one class at one score threshold.
 * Source: py-motmetrics 1.4.0, mot.py, MOTAccumulator.update, as the
 * nuscenes-devkit calls it.
 * @module
 */
import { assign } from "./assign.ts";
import { distancesOf } from "./distance.ts";
import type { TrackBox } from "./tracks.ts";

/** Boxes of one class: [scene][frame]. */
export interface ClassTracks {
  truth: TrackBox[][][];
  predictions: TrackBox[][][];
}

/** What became of one object, frame by frame. */
export interface ObjectLife {
  /** Frames counted over those of its scene that hold any box. */
  frames: number[];
  /** 1 if it was found, by the same track or another. */
  found: number[];
}

/** Events of a class. */
export interface Events {
  /** Found, by the track that found it before or by a first one. */
  matches: number;
  /** Found by another track than before. */
  switches: number;
  misses: number;
  falseAlarms: number;
  /** Frames that hold any box. */
  frames: number;
  /** Metres, summed over matches and switches. */
  distance: number;
  lives: ObjectLife[];
  /** Scores of the tracks in matches, box by box. */
  matchScores: number[];
}

/** @param threshold least score of a prediction; null takes all */
export function accumulate(
  { truth, predictions }: ClassTracks,
  threshold: number | null,
  reach: number,
): Events {
  const events: Events = {
    matches: 0,
    switches: 0,
    misses: 0,
    falseAlarms: 0,
    frames: 0,
    distance: 0,
    lives: [],
    matchScores: [],
  };
  truth.forEach((frames, scene) => {
    const matcher = new SceneMatcher(events, reach);
    frames.forEach((objects, frame) => {
      const all = predictions[scene]![frame]!;
      const found = threshold === null
        ? all
        : all.filter((box) => box.score >= threshold);
      if (objects.length || found.length) matcher.update(objects, found);
    });
  });
  return events;
}

/** Carries the correspondences of a scene from frame to frame. */
class SceneMatcher {
  readonly #events: Events;
  readonly #reach: number;
  /** Track that found an object last, by object id. */
  readonly #trackOf = new Map<number, number>();
  readonly #lives = new Map<number, ObjectLife>();
  #frame = 0;

  constructor(events: Events, reach: number) {
    this.#events = events;
    this.#reach = reach;
  }

  update(objects: readonly TrackBox[], tracks: readonly TrackBox[]): void {
    const distances = distancesOf(objects, tracks, this.#reach);
    // Plain lists: small typed arrays take longer to make than to use.
    const trackAt = new Array<number>(objects.length).fill(-1);
    const taken = new Array<boolean>(tracks.length).fill(false);
    const matched = new Set<number>();
    this.#carryOn(objects, tracks, distances, trackAt, taken, matched);
    this.#assignRest(objects, tracks, distances, trackAt, taken, matched);
    objects.forEach((object, i) => {
      const j = trackAt[i]!;
      if (j >= 0) this.#events.distance += distances[i * tracks.length + j]!;
      else this.#events.misses++;
      this.#record(object.id, j >= 0);
    });
    for (const hit of taken) if (!hit) this.#events.falseAlarms++;
    for (const track of tracks) {
      if (matched.has(track.id)) this.#events.matchScores.push(track.score);
    }
    this.#events.frames++;
    this.#frame++;
  }

  /** Objects stay with the track that found them last, if it is near. */
  #carryOn(
    objects: readonly TrackBox[],
    tracks: readonly TrackBox[],
    distances: readonly number[],
    trackAt: number[],
    taken: boolean[],
    matched: Set<number>,
  ): void {
    objects.forEach((object, i) => {
      const last = this.#trackOf.get(object.id);
      if (last === undefined) return;
      const j = tracks.findIndex((track, k) => !taken[k] && track.id === last);
      if (j < 0 || Number.isNaN(distances[i * tracks.length + j]!)) return;
      trackAt[i] = j;
      taken[j] = true;
      matched.add(last);
      this.#events.matches++;
    });
  }

  /** The others are assigned with the least total distance. */
  #assignRest(
    objects: readonly TrackBox[],
    tracks: readonly TrackBox[],
    distances: readonly number[],
    trackAt: number[],
    taken: boolean[],
    matched: Set<number>,
  ): void {
    const free = [...tracks.keys()].filter((j) => !taken[j]);
    const open = [...objects.keys()].filter((i) =>
      trackAt[i]! < 0 &&
      free.some((j) => !Number.isNaN(distances[i * tracks.length + j]!))
    );
    if (!open.length) return;
    const costs = open.flatMap((i) =>
      free.map((j) => distances[i * tracks.length + j]!)
    );
    assign(costs, open.length, free.length).forEach((column, place) => {
      if (column < 0) return;
      const i = open[place]!;
      const j = free[column]!;
      const last = this.#trackOf.get(objects[i]!.id);
      if (last === undefined || last === tracks[j]!.id) {
        this.#events.matches++;
        matched.add(tracks[j]!.id);
      } else this.#events.switches++;
      trackAt[i] = j;
      taken[j] = true;
      this.#trackOf.set(objects[i]!.id, tracks[j]!.id);
    });
  }

  #record(id: number, found: boolean): void {
    let life = this.#lives.get(id);
    if (!life) {
      life = { frames: [], found: [] };
      this.#lives.set(id, life);
      this.#events.lives.push(life);
    }
    life.frames.push(this.#frame);
    life.found.push(found ? 1 : 0);
  }
}
