/**
 * Where TensorFlow's C library comes from: what the user names, then what is
 * installed, then the project's own cache, which is filled by itself.
 * @module
 */
import { cachedLibrary, cacheFolder, fetchLibrary } from "./cache.ts";
import { LibraryError, waysOut } from "./error.ts";
import { LIBRARY_NAMES, libraryAt } from "./files.ts";
import { packageFolder } from "./python.ts";
import type { Library, LibrarySource, Listener } from "./types.ts";
import { type Wheel, wheelFor } from "./wheels.ts";

export { LibraryError } from "./error.ts";
export type { Library, LibraryEvent, LibrarySource } from "./types.ts";
export { hasNvidiaDriver } from "./wheels.ts";

/** What the search depends on. */
export interface Search {
  /** Folder or file that the caller names. */
  library?: string;
  onEvent?: Listener;
  /** Folder of the cache; else STREAMPETR_CACHE, else .cache here. */
  cache?: string;
  /** Folders that hold node_modules; else the project and the current one. */
  roots?: string[];
  /** What the cache is filled from; null where there is nothing. */
  wheel?: Wheel | null;
}

/**
 * Finds the library, or fetches it, and says which it took.
 * @throws {LibraryError} that names the ways out.
 */
export async function findLibrary(search: Search = {}): Promise<Library> {
  const library = named(search) ?? await installed(search) ??
    await own(search);
  search.onEvent?.({ type: "found", library });
  return library;
}

/** What the user named is taken or refused, never passed over. */
function named({ library }: Search): Library | null {
  const variable = Deno.env.get("TENSORFLOW_LIB");
  const given = library ?? variable;
  if (!given) return null;
  const path = libraryAt(given);
  if (path) return { path, source: library ? "option" : "environment" };
  throw new LibraryError(
    `${library ? "The option library" : "TENSORFLOW_LIB"} is ${given}, ` +
      `which neither is nor holds one of ${LIBRARY_NAMES.join(", ")}. ` +
      "Name the library's folder, or leave it out to have one looked for",
  );
}

async function installed({ roots }: Search): Promise<Library | null> {
  for (const root of roots ?? [projectRoot(), Deno.cwd()]) {
    for (const name of ["tfjs-node-gpu", "tfjs-node"]) {
      const folder = `${root}/node_modules/@tensorflow/${name}/deps/lib`;
      const library = found("addon", libraryAt(folder));
      if (library) return library;
    }
  }
  const folder = await packageFolder("tensorflow");
  return folder === null ? null : found("python", libraryAt(folder));
}

async function own(search: Search): Promise<Library> {
  const cache = search.cache ?? Deno.env.get("STREAMPETR_CACHE") ??
    `${projectRoot()}/.cache`;
  const wheel = search.wheel === undefined ? wheelFor() : search.wheel;
  if (wheel === null) {
    throw missing(
      `no wheel is known for ${Deno.build.os} on ${Deno.build.arch}`,
      `${cache}/tensorflow`,
    );
  }
  const ready = found("cache", cachedLibrary(cache, wheel));
  if (ready) return ready;
  try {
    const path = await fetchLibrary(cache, wheel, search.onEvent ?? (() => {}));
    return { path, source: "cache" };
  } catch (error) {
    throw missing((error as Error).message, cacheFolder(cache, wheel), error);
  }
}

function found(source: LibrarySource, path: string | null): Library | null {
  return path === null ? null : { path, source };
}

function missing(why: string, folder: string, cause?: unknown): LibraryError {
  return new LibraryError(
    "Found no TensorFlow library on this machine, and could not fetch one " +
      `into ${folder}: ${why}. ${waysOut(folder)}`,
    { cause },
  );
}

function projectRoot(): string {
  return decodeURIComponent(new URL("../../..", import.meta.url).pathname)
    .replace(/\/$/, "");
}
