/**
 * Where the batches of a run come from: streams, or clips.
 * @module
 */
import type { FrameInfo } from "../../nusc/mod.ts";
import {
  FilledSampler,
  type FrameConfig,
  type FrameSampler,
  GroupSampler,
  labels3d,
  type Slots,
  WindowSampler,
} from "../../nusc/loader/mod.ts";
import type { StreamPose } from "./batch.ts";
import { Feeder, threadsOf } from "./feeder.ts";
import type { Source } from "./loop.ts";
import type { TrainSettings } from "./settings.ts";

/** What sources draw from. */
export interface Frames {
  /** Folder of the images. */
  root: string;
  infos: readonly FrameInfo[];
  /** Indices of `infos` of every sequence; unread with windows. */
  groups: readonly number[][];
  config: FrameConfig;
  /** Of the batch's streams or clips, those that this process learns from. */
  own: Slots;
  /** Cores of this process. */
  cores: number;
}

/** Opens the source of a run behind so many iterations. */
export function openSource(
  settings: TrainSettings,
  { root, infos, groups, config, own, cores }: Frames,
  batch: number,
  iteration: number,
  poses: StreamPose[],
): Source {
  const { seed, window, feeding, image } = settings;
  const length = window?.length ?? 1;
  const feeder = new Feeder({
    root,
    frames: infos,
    config,
    sampler: window
      ? new WindowSampler(infos, { ...window, batch, seed })
      : streams(settings, { infos, groups, config }, batch),
    seed,
    cacheBytes: image.cache_mb * 2 ** 20,
    threads: threadsOf(settings, cores),
    own,
    prefetch: feeding.prefetch * length,
    lend: length,
  });
  feeder.resume(iteration * length, poses);
  return window ? clips(feeder, length) : feeder;
}

function streams(
  { seed, filter_empty }: TrainSettings,
  { infos, groups, config }: Pick<Frames, "infos" | "groups" | "config">,
  batch: number,
): FrameSampler {
  const sampler = new GroupSampler(groups, batch, seed);
  if (!filter_empty) return sampler;
  const empty = infos.map((info) =>
    labels3d(info, config.range).labels.length === 0
  );
  return new FilledSampler(sampler, empty, seed);
}

/** Puts `length` batches in a row together: the last one, and those before. */
export function clips(source: Source, length: number): Source {
  return {
    async next() {
      const before = [];
      while (before.length < length - 1) before.push(await source.next());
      return { ...await source.next(), before };
    },
    close: () => source.close(),
  };
}
