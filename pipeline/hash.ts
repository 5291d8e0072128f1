/**
 * SHA-256 of texts, values and files.
 * @module
 */
import { createHash } from "node:crypto";

/**
 * JSON with keys sorted and undefined left out: equal for equal data. NaN and
 * infinities, which JSON lacks, are told apart by words.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => {
    if (typeof item === "number" && !Number.isFinite(item)) {
      return { number: String(item) };
    }
    if (item === null || typeof item !== "object" || Array.isArray(item)) {
      return item;
    }
    const keys = Object.keys(item).sort();
    return Object.fromEntries(keys.map((key) => [key, item[key]]));
  });
}

/** Hash of text or bytes, in hexadecimal. */
export function hashBytes(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Hash of a value's canonical JSON. */
export function hashValue(value: unknown): string {
  return hashBytes(canonicalJson(value));
}

/** Hash of a file's bytes, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
  }
}

/** What tells cheaply that a file has not changed. */
export interface Stamp {
  size: number;
  /** Modification time, milliseconds since 1970. */
  mtime: number;
}

/** A file's stamp, or null where there is no file. */
export function stampOf(path: string): Stamp | null {
  try {
    const { size, mtime } = Deno.statSync(path);
    return { size, mtime: mtime?.getTime() ?? 0 };
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** Whether an error says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}

/** Whether two stamps are of the same content, as far as stamps can tell. */
export function sameStamp(a: Stamp | null, b: Stamp | null): boolean {
  return a?.size === b?.size && a?.mtime === b?.mtime;
}

/** Hashes of files by path, remembered with their stamps. */
export class FileHashes {
  /** @param known what an earlier process remembered */
  constructor(readonly known: Record<string, Stamp & { sha256: string }> = {}) {
  }

  /** The file's hash; read again only if its stamp differs. */
  async get(path: string): Promise<string | null> {
    const stamp = stampOf(path);
    if (!stamp) {
      delete this.known[path];
      return null;
    }
    const old = this.known[path];
    if (old && sameStamp(old, stamp)) return old.sha256;
    const sha256 = await hashFile(path);
    this.known[path] = { ...stamp, sha256 };
    return sha256;
  }
}
