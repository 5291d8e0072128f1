/**
 * What an artifact holds: `manifest.json` with the SHA-256 of every file.
 * @module
 */
import { join } from "node:path";
import type { Fingerprint, FingerprintData } from "../fingerprint/mod.ts";
import { hashFile, hashValue, isAbsent } from "../hash.ts";
import type { StageEvent } from "../stage.ts";
import { list } from "./files.ts";

/** Name of the manifest in an artifact's folder. */
export const MANIFEST = "manifest.json";

/** A file of an artifact; of a link only the name counts. */
export type FileEntry =
  | { path: string; size: number; sha256: string; mtime: number }
  | { path: string; link: true };

/** The manifest. */
export interface Manifest {
  stage: string;
  fingerprint: Fingerprint;
  /** Hash of `files` without times: equal data has an equal digest. */
  digest: string;
  created: string;
  seconds: number;
  /** What the fingerprint was made of. */
  key: FingerprintData;
  files: FileEntry[];
  /** What the stage showed, for runs that find its artifact. */
  tables?: Table[];
}

/** Such as the metrics. */
export type Table = Extract<StageEvent, { type: "table" }>;

/** Lists and hashes a folder's files. */
export async function readEntries(folder: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for (const path of walk(folder, "")) {
    const full = join(folder, path);
    const info = Deno.lstatSync(full);
    if (info.isSymlink) entries.push({ path, link: true });
    else {
      const sha256 = await hashFile(full);
      const mtime = info.mtime?.getTime() ?? 0;
      entries.push({ path, size: info.size, sha256, mtime });
    }
  }
  return entries;
}

function* walk(folder: string, prefix: string): Generator<string> {
  for (const name of list(join(folder, prefix))) {
    const path = prefix ? `${prefix}/${name}` : name;
    if (Deno.lstatSync(join(folder, path)).isDirectory) {
      yield* walk(folder, path);
    } else if (path !== MANIFEST) yield path;
  }
}

/** The digest of an artifact's files. */
export function digestOf(files: FileEntry[]): string {
  return hashValue(
    files.map((file) => "link" in file ? file : { ...file, mtime: undefined }),
  );
}

/**
 * What is wrong with an artifact's files, or null. Size and time decide;
 * where a time differs, or with `verify`, the content does.
 * @returns also whether times were found to differ from the manifest's
 */
export async function checkEntries(
  folder: string,
  files: FileEntry[],
  verify: boolean,
): Promise<{ damage: string | null; moved: boolean }> {
  let moved = false;
  for (const file of files) {
    const info = statEntry(join(folder, file.path));
    if (!info) return { damage: `${file.path} is missing`, moved };
    if ("link" in file) continue;
    if (info.size !== file.size) {
      const damage = `${file.path} has ${info.size} bytes, expected ` +
        file.size;
      return { damage, moved };
    }
    const isMoved = (info.mtime?.getTime() ?? 0) !== file.mtime;
    moved ||= isMoved;
    if (!isMoved && !verify) continue;
    if (await hashFile(join(folder, file.path)) !== file.sha256) {
      return { damage: `${file.path} has other content`, moved };
    }
  }
  return { damage: null, moved };
}

function statEntry(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
