/**
 * The table files of a version.
 * @module
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { DatasetError } from "../errors.ts";

/** Every version has these. */
export const TABLES = [
  "attribute",
  "calibrated_sensor",
  "category",
  "ego_pose",
  "instance",
  "log",
  "map",
  "sample",
  "sample_annotation",
  "sample_data",
  "scene",
  "sensor",
  "visibility",
] as const;

/** Checks that all tables are there; returns the version's name. */
export function findTables(root: string, version?: string): string {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new DatasetError(
      `Found no folder ${root}, expected a nuScenes dataset. Unpack the ` +
        "dataset there or name its folder",
    );
  }
  const versions = readdirSync(root, { withFileTypes: true })
    .filter((entry) => /^v1\.0-/.test(entry.name) && !entry.isFile())
    .map((entry) => entry.name).sort();
  const list = versions.join(", ") || "none";
  const found = version ?? (versions.length === 1 ? versions[0] : undefined);
  if (found === undefined && !versions.length) {
    const tables = existsSync(`${root}/sample.json`);
    throw new DatasetError(
      `Found no version in ${root}, expected a folder such as v1.0-mini. ` +
        (tables
          ? "It holds tables itself: name the folder that holds it"
          : "Unpack the metadata archive there or name the dataset's folder"),
    );
  }
  if (found === undefined) {
    throw new DatasetError(
      `Found ${versions.length} versions in ${root} (${list}), expected one. ` +
        "Name the version, such as v1.0-mini",
    );
  }
  if (!existsSync(`${root}/${found}`)) {
    throw new DatasetError(
      `Found no version ${found} in ${root}, only ${list}. Unpack the ` +
        `metadata archive of ${found} there or name another version`,
    );
  }
  const missing = TABLES.filter((table) =>
    !existsSync(`${root}/${found}/${table}.json`)
  );
  if (missing.length) {
    throw new DatasetError(
      `Found no ${missing.map((table) => `${table}.json`).join(", ")} in ` +
        `${root}/${found}. Unpack the metadata archive of ${found} again`,
    );
  }
  return found;
}
