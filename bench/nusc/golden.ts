/**
 * The recorded set as plain files: that of `GOLDEN_NUSC`, or the packed one
 * of the tests.
 * @module
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * Folder of the set.
 * @param dir where cases are kept
 */
export function goldenSet(dir: string): string {
  const named = Deno.env.get("GOLDEN_NUSC");
  if (named) return named;
  const folder = `${dir}/golden`;
  const from = new URL("../../tests/golden/nusc", import.meta.url).pathname;
  for (const path of readdirSync(from, { recursive: true }) as string[]) {
    if (!path.endsWith(".gz")) continue;
    const to = `${folder}/${path.slice(0, -3)}`;
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, gunzipSync(readFileSync(`${from}/${path}`)));
  }
  addMaps(`${folder}/db`);
  return folder;
}

/** The devkit wants to see the files of maps and does not read them. */
function addMaps(root: string): void {
  mkdirSync(`${root}/maps`, { recursive: true });
  const table = readFileSync(`${root}/v1.0-mini/map.json`, "utf8");
  for (const { filename } of JSON.parse(table)) {
    const path = `${root}/${filename}`;
    if (!existsSync(path)) writeFileSync(path, "");
  }
}
