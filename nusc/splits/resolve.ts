/**
 * Splits that a user puts together from official ones and from scenes.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { someOf } from "../names.ts";
import { isSplit, scenesOfSplit, SPLITS, versionOfSplit } from "./mod.ts";

/** Scenes of a split. */
export interface ResolvedSplit {
  /** Names, sorted, each once. */
  scenes: string[];
  /** Which scenes of official splits are absent, if any. */
  note?: string;
}

/** The dataset whose scenes are chosen. */
export interface SceneSource {
  /** Such as `v1.0-mini`. */
  version: string;
  /** Names of its scenes. */
  scenes: ReadonlySet<string>;
  /** Splits of its own: lists of scenes, as `splits.json` holds them. */
  splits?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Resolves names of official splits, of the dataset's own and of scenes. Absent
 * scenes of an
 * official split are left out; a scene named by itself must be there.
 *
 * Official splits of another version count only if none of the dataset's own
 * version is named: `[train, mini_train]` suits both versions, and does not
 * pull the two scenes of `mini_train` that belong to `val` into training.
 * @param name the split's own name, for messages
 */
export function resolveSplit(
  name: string,
  given: readonly string[],
  source: SceneSource,
): ResolvedSplit {
  const { version, scenes: known, splits: custom = {} } = source;
  // Official names come first, as in the metrics and in the devkit.
  const parts = given.flatMap((part) =>
    !isSplit(part) && Object.hasOwn(custom, part) ? custom[part]! : [part]
  );
  for (const part of parts) {
    if (!isSplit(part) && !known.has(part)) refuse(name, part, source);
  }
  const official = parts.filter(isSplit);
  const own = official.filter((part) =>
    version.endsWith(`-${versionOfSplit(part)}`)
  );
  const scenes = new Set(parts.filter((part) => known.has(part)));
  const gaps: string[] = [];
  for (const part of own.length ? own : official) {
    const wanted = scenesOfSplit(part);
    const present = wanted.filter((scene) => known.has(scene));
    present.forEach((scene) => scenes.add(scene));
    if (present.length === wanted.length) continue;
    const absent = wanted.filter((scene) => !known.has(scene));
    gaps.push(
      `${present.length} of the ${wanted.length} scenes of ${part}, ` +
        `not ${someOf(absent)}`,
    );
  }
  if (!scenes.size) {
    throw new DatasetError(
      `No scene of the split ${name} (${given.join(", ") || "empty"}) is in ` +
        `the dataset, which holds ${someOf(known)}. Name another official ` +
        "split or scenes of this dataset",
    );
  }
  const note = gaps.length
    ? `${name}: the dataset's scene.json holds ${gaps.join("; ")}. ` +
      "These are left out; a whole dataset needs its metadata archive " +
      "unpacked again"
    : undefined;
  return { scenes: [...scenes].sort(), note };
}

function refuse(
  name: string,
  part: string,
  { scenes, splits = {} }: SceneSource,
): never {
  if (/^scene-\d+$/.test(part)) {
    throw new DatasetError(
      `Found no scene ${part} of the split ${name} in the dataset, which ` +
        `holds ${someOf(scenes)}. Name a scene of this dataset`,
    );
  }
  throw new DatasetError(
    `Found "${part}" in the split ${name}, expected ` +
      `${[...SPLITS, ...Object.keys(splits)].join(", ")} or a scene such as ` +
      "scene-0103",
  );
}
