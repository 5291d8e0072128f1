/**
 * Locks between processes: the kernel's, so that a killed process leaves none.
 * @module
 */
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAbsent } from "../hash.ts";
import { remove } from "./files.ts";
import { lockFile } from "./layout.ts";

/** A lock that is held until it is closed. */
export interface Lock extends Disposable {
  /** Ends the lock; its file goes with the last who held it. */
  close(): void;
}

/** Readers share a lock; who writes holds it alone. */
export type LockKind = "shared" | "exclusive";

/** The lock, or null while another process holds it. */
export function tryLock(name: string, kind: LockKind): Lock | null {
  const path = lockFile(name);
  for (;;) {
    const file = openLock(path);
    if (!file.tryLockSync(kind === "exclusive")) {
      file.close();
      return null;
    }
    if (isSameFile(file, path)) return makeLock(file, name, kind);
    // Its last holder has removed the file in between: take the new one.
    file.close();
  }
}

function openLock(path: string): Deno.FsFile {
  // Exclusive and shared locks both want a file that is open for writing.
  const options = { create: true, read: true, write: true };
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    Deno.mkdirSync(dirname(path), { recursive: true });
    return Deno.openSync(path, options);
  }
}

function isSameFile(file: Deno.FsFile, path: string): boolean {
  try {
    return file.statSync().ino === Deno.statSync(path).ino;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function makeLock(file: Deno.FsFile, name: string, kind: LockKind): Lock {
  let isOpen = true;
  const lock: Lock = {
    close() {
      if (!isOpen) return;
      isOpen = false;
      // Only who holds a lock alone may remove its file: see `isSameFile`.
      if (kind === "exclusive") remove(lockFile(name));
      file.close();
      if (kind === "shared") tryLock(name, "exclusive")?.close();
    },
    [Symbol.dispose]: () => lock.close(),
  };
  return lock;
}

/** Waits for the lock. @param onWait called once, if there is a wait */
export async function waitForLock(
  name: string,
  kind: LockKind,
  options: { signal: AbortSignal; onWait: () => void },
): Promise<Lock> {
  for (let isFirst = true;; isFirst = false) {
    options.signal.throwIfAborted();
    const lock = tryLock(name, kind);
    if (lock) return lock;
    if (isFirst) options.onWait();
    await delay(100, undefined, { signal: options.signal }).catch(() => {});
  }
}
