/**
 * Artifacts: found, checked, published by one rename.
 * @module
 */
import { dirname, join } from "node:path";
import type { Fingerprint, FingerprintData } from "../fingerprint/mod.ts";
import { isDiskFull } from "../disk.ts";
import { isAbsent } from "../hash.ts";
import { encode } from "../json.ts";
import { readJson, remove, writeAtomically } from "./files.ts";
import { artifactFolder, workFolder } from "./layout.ts";
import {
  checkEntries,
  digestOf,
  MANIFEST,
  type Manifest,
  readEntries,
  type Table,
} from "./manifest.ts";

/** An artifact, or why there is none to use. */
export type Found =
  | {
    status: "found";
    folder: string;
    digest: string;
    /** That its making took. */
    seconds: number;
    /** That its stage showed. */
    tables: Table[];
  }
  | { status: "absent" }
  | { status: "damaged"; folder: string; reason: string };

/** Looks for an artifact. @param verify hash all files, not only stamps */
export async function findArtifact(
  stage: string,
  print: Fingerprint,
  verify = false,
): Promise<Found> {
  const folder = artifactFolder(stage, print);
  try {
    if (!Deno.lstatSync(folder).isDirectory) return { status: "absent" };
  } catch {
    return { status: "absent" };
  }
  const manifest = readManifest(folder);
  const damaged = (reason: string): Found => ({
    status: "damaged",
    folder,
    reason,
  });
  if (!manifest) return damaged(`${MANIFEST} is missing or cannot be read`);
  if (manifest.fingerprint !== print) return { status: "absent" };
  const { files, digest, seconds, tables = [] } = manifest;
  if (digestOf(files) !== digest) {
    return damaged(`${MANIFEST} does not agree with its digest`);
  }
  const { damage, moved } = await checkEntries(folder, files, verify);
  if (damage) return damaged(damage);
  if (moved) refreshTimes(folder, manifest);
  return { status: "found", folder, digest, seconds, tables };
}

/** The manifest in an artifact's folder, or null. */
export function readManifest(folder: string): Manifest | null {
  const manifest = readJson<Manifest>(join(folder, MANIFEST));
  return Array.isArray(manifest?.files) ? manifest : null;
}

/** What the fingerprint of an artifact was made of, if it is there. */
export function keyOf(folder: string): FingerprintData | null {
  return readManifest(folder)?.key ?? null;
}

/** A copied artifact has new times; noted, so that it is hashed only once. */
function refreshTimes(folder: string, manifest: Manifest): void {
  const files = manifest.files.map((file) => {
    if ("link" in file) return file;
    const { mtime } = Deno.lstatSync(join(folder, file.path));
    return { ...file, mtime: mtime?.getTime() ?? 0 };
  });
  writeManifest(folder, { ...manifest, files });
}

function writeManifest(folder: string, manifest: Manifest): void {
  writeAtomically(join(folder, MANIFEST), `${encode(manifest, 1)}\n`);
}

/** The folders in which a stage works. */
export interface Work {
  /** Fresh; becomes the artifact. */
  output: string;
  /** Survives interruptions; gone once the artifact is published. */
  scratch: string;
  /** A file that is there once the stage is asked to stop. */
  stop: string;
}

/** Makes a stage's folders. The caller holds the fingerprint's lock. */
export function openWork(print: Fingerprint, fresh = false): Work {
  const folder = workFolder(print);
  const work = {
    output: join(folder, "output"),
    scratch: join(folder, "scratch"),
    stop: join(folder, "stop"),
  };
  remove(work.output);
  remove(work.stop);
  if (fresh) remove(work.scratch);
  Deno.mkdirSync(work.output, { recursive: true });
  Deno.mkdirSync(work.scratch, { recursive: true });
  return work;
}

/** Asks a stage to stop: for one that computes too busily to listen. */
export function askToStop({ stop }: Work): void {
  try {
    Deno.writeTextFileSync(stop, "");
  } catch (error) {
    if (!isAbsent(error) && !isDiskFull(error)) throw error;
  }
}

/** Turns a stage's output into its artifact. The caller holds the lock. */
export async function publish(
  { key, fingerprint }: Pick<Manifest, "key" | "fingerprint">,
  { seconds, tables }: Pick<Manifest, "seconds" | "tables">,
): Promise<{ folder: string; digest: string }> {
  const work = workFolder(fingerprint);
  const output = join(work, "output");
  try {
    Deno.lstatSync(join(output, MANIFEST));
  } catch {
    const files = await readEntries(output);
    const digest = digestOf(files);
    const folder = artifactFolder(key.stage, fingerprint);
    writeManifest(output, {
      stage: key.stage,
      fingerprint,
      digest,
      created: new Date().toISOString(),
      seconds,
      key,
      files,
      tables,
    });
    swap(output, folder, join(work, "former"));
    remove(work);
    return { folder, digest };
  }
  throw new Error(
    `Stage ${key.stage} wrote ${MANIFEST}, a name that the store uses`,
  );
}

/** Renames a folder to its place; what was there goes. */
function swap(folder: string, place: string, former: string): void {
  Deno.mkdirSync(dirname(place), { recursive: true });
  remove(former);
  try {
    Deno.renameSync(place, former);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.renameSync(folder, place);
}

/** Removes the output of an interrupted stage; its scratch stays. */
export function dropOutput(print: Fingerprint): void {
  const folder = workFolder(print);
  remove(join(folder, "output"));
  remove(join(folder, "former"));
  remove(join(folder, "stop"));
  try {
    Deno.removeSync(join(folder, "scratch"));
    Deno.removeSync(folder);
  } catch {
    // The scratch holds something to resume from.
  }
}
