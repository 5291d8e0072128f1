/**
 * Files outside the store on which a stage's result depends.
 * @module
 */
import { basename, join } from "node:path";
import type { External } from "../stage.ts";
import { type FileHashes, hashValue, stampOf } from "../hash.ts";

/**
 * Name and state of each external: of a file its content or its size and
 * time, of a folder what it contains (`content`) or its own time (`stat`,
 * which changes when entries come or go).
 */
export async function readExternals(
  externals: External[],
  hashes: FileHashes,
): Promise<[name: string, state: string][]> {
  const states: [string, string][] = [];
  for (const { path, by } of externals) {
    const state = by === "content"
      ? await contentOf(path, hashes)
      : statOf(path);
    states.push([basename(path), state]);
  }
  return states;
}

function statOf(path: string): string {
  const stamp = stampOf(path);
  if (!stamp) return "absent";
  const { size, mtime } = stamp;
  return Deno.statSync(path).isDirectory
    ? `folder, changed ${new Date(mtime).toISOString()}`
    : `${size} bytes, changed ${new Date(mtime).toISOString()}`;
}

async function contentOf(path: string, hashes: FileHashes): Promise<string> {
  const stamp = stampOf(path);
  if (!stamp) return "absent";
  if (!Deno.statSync(path).isDirectory) return (await hashes.get(path))!;
  const parts: [string, string][] = [];
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  for (const name of names) {
    parts.push([name, await contentOf(join(path, name), hashes)]);
  }
  return hashValue(parts);
}
