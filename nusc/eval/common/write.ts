/**
 * Metrics as the devkit's files.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { pythonJson } from "../../json/mod.ts";

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
    writeFileSync(`${folder}/${name}`, pythonJson(value));
  write("metrics_summary.json", summary);
  write("metrics_details.json", details);
}
