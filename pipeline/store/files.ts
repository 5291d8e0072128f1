/**
 * Small file operations that are whole or not there at all.
 * @module
 */
import { dirname } from "node:path";
import { isAbsent } from "../hash.ts";
import { decode } from "../json.ts";

/** Writes a file so that a reader sees the old or the new text, whole. */
export function writeAtomically(path: string, text: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${Deno.pid}.partial`;
  try {
    Deno.writeTextFileSync(partial, text);
    Deno.renameSync(partial, path);
  } catch (error) {
    remove(partial);
    throw error;
  }
}

/** A JSON file's value, or null where it is absent or damaged. */
export function readJson<T>(path: string): T | null {
  try {
    return decode(Deno.readTextFileSync(path)) as T;
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Removes a file or folder if it is there. */
export function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Names in a folder, sorted; none where it is absent. */
export function list(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Bytes in a folder; links are not followed. */
export function sizeOf(path: string): number {
  const info = Deno.lstatSync(path);
  if (!info.isDirectory) return info.size;
  return list(path).reduce((sum, name) => sum + sizeOf(`${path}/${name}`), 0);
}
