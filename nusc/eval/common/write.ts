/**
 * Metrics as the devkit's files.
 * @module
 */
import { mkdirSync } from "node:fs";
import { pythonJson } from "../../json/mod.ts";
import { writeWholeSync } from "../../whole.ts";

/**
 * Writes `metrics_summary.json` and `metrics_details.json`. Like the devkit
 * it writes undefined numbers as a bare NaN, which JSON.parse refuses and
 * Python's json and the devkit's readers expect.
 */
export function writeMetrics(
  folder: string,
  { summary, details }: { summary: unknown; details: unknown },
): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: unknown) =>
    writeWholeSync(`${folder}/${name}`, pythonJson(value));
  // The large one first: a full disk leaves the files of the run before.
  write("metrics_details.json", details);
  write("metrics_summary.json", summary);
}
