/**
 * The generated datasets, made once and kept.
 * @module
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { scenesOfSplit } from "../../../nusc/mod.ts";
import { ResultsFile } from "./results.ts";
import { LIDAR_ONLY, SENSORS } from "./sensors.ts";
import { type Size, writeTables } from "./tables.ts";

const VERSION = "v1.0-trainval";

/** Cases by name; `results` is the file of a submission to write. */
const CASES: Record<string, Size & { results?: string }> = {
  /** As many samples and boxes as the official validation split has. */
  validation: {
    version: VERSION,
    scenes: scenesOfSplit("val"),
    samples: 6019,
    sensors: LIDAR_ONLY,
    seed: 1,
    results: "results_nusc.json",
  },
  /** All tables of v1.0-trainval. */
  trainval: {
    version: VERSION,
    scenes: [...scenesOfSplit("train"), ...scenesOfSplit("val")],
    samples: 34149,
    sensors: SENSORS,
    seed: 2,
  },
  /** Five scenes with all sensors. */
  scenes: {
    version: VERSION,
    scenes: scenesOfSplit("val").slice(0, 5),
    samples: 201,
    sensors: SENSORS,
    seed: 3,
  },
};

/**
 * Folder of a case; makes it if it is not there or is another one.
 * @param dir where cases are kept
 */
export function caseFolder(dir: string, name: string): string {
  const size = CASES[name]!;
  const folder = `${dir}/${name}`;
  const mark = `${folder}/case.json`;
  const wanted = JSON.stringify(size);
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  if (size.results) writeBoth(folder, size, size.results);
  else writeTables(folder, size);
  writeFileSync(mark, wanted);
  return folder;
}

function writeBoth(folder: string, size: Size, file: string): void {
  let results: ResultsFile | undefined;
  writeTables(folder, size, (scene, random) => {
    results ??= new ResultsFile(`${folder}/${file}`);
    results.add(scene, random);
  });
  results?.[Symbol.dispose]();
}
