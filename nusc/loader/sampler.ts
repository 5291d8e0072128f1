/**
 * Which frame each stream of the batch sees at each iteration.
 *
 * Source: InfiniteGroupEachSampleInBatchSampler and CustomNuScenesDataset
 * (_set_sequence_group_flag) of exiawsh/StreamPETR.
 * @module
 */
import { MersenneTwister, randperm } from "./mersenne.ts";

/** What is needed of a frame to group it. */
export interface Sequenced {
  scene_token: string;
  /** Microseconds. */
  timestamp: number;
}

/**
 * Whether scenes follow each other by time, as in the reference, or as they
 * are given. Frames of a scene are always in order of time.
 */
export type SceneOrder = "time" | "given";

/**
 * Cuts every scene into `parts` runs of ceil(n / parts) consecutive frames
 * (the last may be shorter). Where the reference asserts exactly `parts` runs,
 * a short scene simply gives fewer.
 * @param parts seq_split_num; `all` makes every frame a run of its own.
 * @returns Frame indices of each group.
 */
export function sequenceGroups(
  frames: readonly Sequenced[],
  parts: number | "all",
  order: SceneOrder = "time",
): number[][] {
  if (parts !== "all" && !(Number.isInteger(parts) && parts >= 1)) {
    throw new RangeError(
      `Cannot cut scenes into ${parts} parts: want 1 or more`,
    );
  }
  return scenesOf(frames, order).flatMap((scene) => {
    const length = parts === "all" ? 1 : Math.ceil(scene.length / parts);
    const groups: number[][] = [];
    for (let i = 0; i < scene.length; i += length) {
      groups.push(scene.slice(i, i + length));
    }
    return groups;
  });
}

/** Frame indices of each scene, by time. */
function scenesOf(
  frames: readonly Sequenced[],
  order: SceneOrder,
): number[][] {
  const time = (index: number) => frames[index]!.timestamp;
  const scenes = Map.groupBy(
    frames.keys(),
    (index) => frames[index]!.scene_token,
  );
  const sorted = [...scenes.values()].map((scene) =>
    scene.toSorted((a, b) => time(a) - time(b))
  );
  if (order === "given") return sorted;
  return sorted.sort((a, b) => time(a[0]!) - time(b[0]!));
}

/** A frame for one stream. */
export interface Draw {
  /** Index into the frames. */
  frame: number;
  /** Whether the stream's previous frame came right before it. */
  prevExists: boolean;
  /** Counts the groups that this stream has begun; keys its augmentation. */
  visit: number;
  /** Which stream of the global batch this is; keys its augmentation. */
  slot: number;
}

/** Streams of the global batch that a process feeds. */
export interface Slots {
  first: number;
  count: number;
}

/** Where frames come from, iteration by iteration. */
export interface FrameSampler {
  /** One frame a stream. */
  next(): Draw[];
  /** Passes over iterations that a checkpoint has already seen. */
  skip(iterations: number): void;
}

/**
 * Endless streams over groups: stream j of S walks its own copy of "a random
 * order of all groups, again and again" and takes elements j, j+S, j+2S…;
 * frames of a group come in order.
 */
export class GroupSampler implements FrameSampler {
  readonly #streams: {
    generator: MersenneTwister;
    order: number[];
    position: number;
    group: number[];
    next: number;
    visit: number;
  }[];

  /**
   * @param groups from {@link sequenceGroups}.
   * @param streams global batch size S; `groups.length` must reach it.
   * @param slots streams to give; default all. Each is the same whoever feeds
   *   it.
   */
  constructor(
    readonly groups: readonly number[][],
    readonly streams: number,
    seed: number,
    readonly slots: Slots = { first: 0, count: streams },
  ) {
    if (groups.length < streams) {
      throw new RangeError(
        `Cannot feed ${streams} streams from ${groups.length} sequences: ` +
          "lower the batch size or raise sequence_split",
      );
    }
    this.#streams = Array.from({ length: slots.count }, (_, j) => ({
      generator: new MersenneTwister(seed),
      order: [],
      position: slots.first + j,
      group: [],
      next: 0,
      visit: -1,
    }));
  }

  /** The frames of the next iteration, one a stream. */
  next(): Draw[] {
    return this.#streams.map((stream, j) => {
      const fresh = stream.next === stream.group.length;
      if (fresh) {
        while (stream.position >= stream.order.length) {
          stream.position -= stream.order.length;
          stream.order = randperm(stream.generator, this.groups.length);
        }
        stream.group = this.groups[stream.order[stream.position]!]!;
        stream.position += this.streams;
        stream.next = 0;
        stream.visit++;
      }
      const frame = stream.group[stream.next++]!;
      const slot = this.slots.first + j;
      return { frame, prevExists: !fresh, visit: stream.visit, slot };
    });
  }

  /** Passes over iterations that a checkpoint has already seen. */
  skip(iterations: number): void {
    for (let i = 0; i < iterations; i++) this.next();
  }
}
