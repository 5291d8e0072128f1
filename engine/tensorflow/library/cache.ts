/**
 * The project's own copy of the library: fetched once, by one process at a
 * time, and published whole or not at all.
 * @module
 */
import { downloadWheel } from "./download.ts";
import { LibraryError } from "./error.ts";
import { libraryAt } from "./files.ts";
import type { Listener } from "./types.ts";
import type { Wheel } from "./wheels.ts";
import { unpack, type ZipMember, zipMembers } from "./zip.ts";

/** Where a wheel's files lie in the cache. */
export function cacheFolder(cache: string, wheel: Wheel): string {
  return `${cache}/tensorflow/${wheel.folder}`;
}

/** The library in the cache, or null. */
export function cachedLibrary(cache: string, wheel: Wheel): string | null {
  return libraryAt(cacheFolder(cache, wheel));
}

/**
 * The library in the cache, which is filled first where it must be.
 * @throws {LibraryError} with the reason.
 */
export async function fetchLibrary(
  cache: string,
  wheel: Wheel,
  listener: Listener,
): Promise<string> {
  const folder = cacheFolder(cache, wheel);
  await Deno.mkdir(`${cache}/tensorflow`, { recursive: true });
  using _lock = await lock(`${folder}.lock`, () =>
    listener({
      type: "waiting",
      reason: `Another process is fetching TensorFlow into ${folder}`,
    }));
  const made = cachedLibrary(cache, wheel);
  if (made) return made;
  const partial = `${folder}.partial`;
  await remove(partial); // of a run that was interrupted
  await remove(folder); // without a library in it
  try {
    await Deno.mkdir(partial);
    const file = await downloadWheel(wheel, partial, listener);
    await unpackWheel(file, wheel, `${partial}/files`, listener);
    await Deno.rename(`${partial}/files`, folder);
  } finally {
    await remove(partial);
  }
  const library = cachedLibrary(cache, wheel);
  if (!library) throw new LibraryError(`there is no library in ${folder}`);
  return library;
}

async function unpackWheel(
  path: string,
  wheel: Wheel,
  target: string,
  listener: Listener,
): Promise<void> {
  using file = await Deno.open(path);
  const members = await zipMembers(file);
  const wanted = wheel.members.map((name) => {
    const member = members.get(name);
    if (!member) throw new LibraryError(`the wheel holds no ${name}`);
    return member;
  });
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  let told = 0;
  for (const member of wanted) {
    await unpack(file, member, await placeOf(member, target), (count) => {
      bytes += count;
      if (bytes < total && bytes - told < total / 100) return;
      listener({ type: "unpack", bytes, total });
      told = bytes;
    });
  }
}

async function placeOf({ name }: ZipMember, target: string): Promise<string> {
  const path = `${target}/${name}`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  return path;
}

/** Holds a lock until it is disposed; the system frees it after a crash. */
async function lock(path: string, onWait: () => void): Promise<Disposable> {
  const file = await Deno.open(path, { create: true, write: true });
  if (!await file.tryLock(true)) {
    onWait();
    await file.lock(true);
  }
  return { [Symbol.dispose]: () => file.close() };
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
