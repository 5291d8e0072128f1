/**
 * Files that are there as a whole or not at all.
 * @module
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";

/**
 * Writes a file beside its place and moves it there when it is done; if work
 * fails, what stood there before stays.
 */
export async function writeWhole<T>(
  path: string,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const part = `${path}.part`;
  const file = await open(part, "w").catch((error) => named(error, path));
  try {
    const done = await work(file);
    await file.close();
    await rename(part, path);
    return done;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true });
    named(error, path);
  }
}

/** Likewise, of content that is all there. */
export function writeWholeSync(
  path: string,
  content: string | Uint8Array,
): void {
  const part = `${path}.part`;
  try {
    writeFileSync(part, content);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    named(error, path);
  }
}

/**
 * Throws an error of the operating system with the path that was asked for:
 * a write names none, a full disk neither.
 */
function named(error: unknown, path: string): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code && syscall) Object.assign(error as object, { path });
  throw error;
}
