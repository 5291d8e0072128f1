/**
 * nuScenes' official splits by name.
 * @module
 */
import {
  MINI_TRAIN,
  MINI_VAL,
  TEST,
  TRAIN_DETECT,
  TRAIN_TRACK,
  VAL,
} from "./scenes.ts";

export { customSplits } from "./custom.ts";

/** Official splits. */
export const SPLITS = [
  "train",
  "val",
  "test",
  "mini_train",
  "mini_val",
  "train_detect",
  "train_track",
] as const;
/** One of {@link SPLITS}. */
export type Split = (typeof SPLITS)[number];

/** Ending of the version that holds a split. */
const VERSIONS: Record<Split, string> = {
  train: "trainval",
  val: "trainval",
  test: "test",
  mini_train: "mini",
  mini_val: "mini",
  train_detect: "trainval",
  train_track: "trainval",
};

const RANGES: Record<Split, string> = {
  train: `${TRAIN_DETECT} ${TRAIN_TRACK}`,
  val: VAL,
  test: TEST,
  mini_train: MINI_TRAIN,
  mini_val: MINI_VAL,
  train_detect: TRAIN_DETECT,
  train_track: TRAIN_TRACK,
};

/** True for a name of an official split. */
export function isSplit(name: string): name is Split {
  return (SPLITS as readonly string[]).includes(name);
}

/** Scene names of a split, sorted. */
export function scenesOfSplit(split: Split): string[] {
  const names: string[] = [];
  for (const range of RANGES[split].split(/\s+/)) {
    const [first, last = first] = range.split("-").map(Number);
    for (let number = first!; number <= last!; number++) {
      names.push(`scene-${String(number).padStart(4, "0")}`);
    }
  }
  return names.sort();
}

/** Ending of the version whose tables hold a split, such as `trainval`. */
export function versionOfSplit(split: Split): string {
  return VERSIONS[split];
}
