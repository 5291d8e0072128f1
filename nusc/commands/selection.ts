/**
 * Which samples a command's flags name.
 * @module
 */
import type { Selection } from "../eval/common/samples.ts";
import type { Dataset } from "../tables/mod.ts";

/** Split on which a version is evaluated if none is named. */
const DEFAULT_SPLIT: Record<string, string> = {
  mini: "mini_val",
  trainval: "val",
  test: "test",
};

/** Scenes before split; by default the version's validation split. */
export function selectionOf(
  dataset: Dataset,
  flags: { split?: string; scenes?: readonly string[] },
): Selection {
  if (flags.scenes) return { scenes: flags.scenes };
  const version = dataset.version.replace("v1.0-", "");
  return { split: flags.split ?? DEFAULT_SPLIT[version] ?? "val" };
}
