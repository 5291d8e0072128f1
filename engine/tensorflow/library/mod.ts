/**
 * Where TensorFlow's C library comes from: what the user names, then what is
 * installed, then the project's own cache, which is filled by itself.
 * @module
 */
import { cachedLibrary, cacheFolder, fetchLibrary } from "./cache.ts";
import { LibraryError, waysOut } from "./error.ts";
import { LIBRARY_NAMES, libraryAt } from "./files.ts";
import { addonLibrary, pythonLibrary } from "./installed.ts";
import type { Library, Listener } from "./types.ts";
import { type Wheel, wheelFor } from "./wheels.ts";

export { LibraryError } from "./error.ts";
export type { Library, LibraryEvent, LibrarySource } from "./types.ts";
export { hasNvidiaDriver } from "./wheels.ts";

/** What the search depends on. */
export interface Search {
  /** Folder or file that the caller names. */
  library?: string;
  onEvent?: Listener;
  /** Folder of the cache; else STREAMPETR_CACHE, else the project's .cache. */
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
  const tried: string[] = [];
  const roots = search.roots ?? [projectRoot(), Deno.cwd()];
  const library = named(search) ?? addonLibrary(roots, tried) ??
    await pythonLibrary(tried) ?? await own(search, tried);
  search.onEvent?.({ type: "found", library });
  return library;
}

/** The cache's folder: STREAMPETR_CACHE, else the project's .cache. */
export function cacheRoot(): string {
  return Deno.env.get("STREAMPETR_CACHE") ?? `${projectRoot()}/.cache`;
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

async function own(search: Search, tried: string[]): Promise<Library> {
  const cache = search.cache ?? cacheRoot();
  const wheel = search.wheel === undefined ? wheelFor() : search.wheel;
  if (wheel === null) {
    const { os, arch } = Deno.build;
    tried.push(`no wheel is known for ${os} on ${arch}`);
    throw missing(tried, `${cache}/tensorflow`);
  }
  const ready = cachedLibrary(cache, wheel);
  if (ready) return { path: ready, source: "cache" };
  const folder = cacheFolder(cache, wheel);
  try {
    const path = await fetchLibrary(cache, wheel, search.onEvent ?? (() => {}));
    return { path, source: "cache" };
  } catch (error) {
    tried.push(
      `${folder} could not be filled: ${(error as Error).message}`,
    );
    throw missing(tried, folder, error);
  }
}

function missing(
  tried: readonly string[],
  folder: string,
  cause?: unknown,
): LibraryError {
  return new LibraryError(
    "Cannot find the TensorFlow library: TENSORFLOW_LIB is not set; " +
      `${tried.join("; ")}. ${waysOut(folder)}`,
    { cause },
  );
}

function projectRoot(): string {
  return decodeURIComponent(new URL("../../..", import.meta.url).pathname)
    .replace(/\/$/, "");
}
