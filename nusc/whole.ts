/**
 * Files that are there as a whole or not at all.
 * @module
 */
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
  const file = await open(part, "w");
  try {
    const done = await work(file);
    await file.close();
    await rename(part, path);
    return done;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}
