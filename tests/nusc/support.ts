/**
 * Recordings of the Python tools: the packed ones of this repository, or the
 * plain files of the folder that GOLDEN_NUSC names.
 */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { goldenRows } from "../support/table.ts";

let unpacked: string | undefined;

/** Folder with plain files: `db`, `detection`, `infos`, … */
export function goldenFolder(): string {
  const named = Deno.env.get("GOLDEN_NUSC");
  if (named) return named;
  if (unpacked) return unpacked;
  unpacked = Deno.makeTempDirSync({ prefix: "golden-nusc-" });
  addEventListener("unload", () => {
    Deno.removeSync(unpacked!, { recursive: true });
  });
  unpack(new URL("../golden/nusc", import.meta.url).pathname, unpacked);
  return unpacked;
}

function unpack(from: string, to: string): void {
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) {
      Deno.mkdirSync(`${to}/${entry.name}`);
      unpack(`${from}/${entry.name}`, `${to}/${entry.name}`);
    } else if (entry.name.endsWith(".gz")) {
      Deno.writeFileSync(
        `${to}/${entry.name.slice(0, -3)}`,
        gunzipSync(Deno.readFileSync(`${from}/${entry.name}`)),
      );
    }
  }
}

/** A recording, with Python's bare NaN as null. */
// deno-lint-ignore no-explicit-any -- recordings have no type of their own
export function golden(path: string): any {
  return parsePython(Deno.readTextFileSync(`${goldenFolder()}/${path}`));
}

/** JSON with Python's NaN. */
export function parsePython(text: string): unknown {
  return JSON.parse(text.replaceAll(/\bNaN\b/g, "null"));
}

/** Largest differences found by {@link compare}. */
export interface Difference {
  /** Relative to the recording, or absolute below 1. */
  error: number;
  where: string;
}

/**
 * Compares values of any form: numbers by difference, all else exactly; NaN
 * equals null.
 */
export function compare(
  actual: unknown,
  expected: unknown,
  options: { ignore?: readonly string[]; where?: string } = {},
): Difference {
  const { where = "", ignore = [] } = options;
  const value = typeof actual === "number" && Number.isNaN(actual)
    ? null
    : actual;
  if (typeof expected === "number" && typeof value === "number") {
    const error = Math.abs(value - expected) / Math.max(1, Math.abs(expected));
    return { error, where };
  }
  const worst = { error: 0, where };
  if (expected === null || typeof expected !== "object") {
    return value === expected ? worst : { error: Infinity, where };
  }
  if (value === null || typeof value !== "object") {
    return { error: Infinity, where };
  }
  const own = value as Record<string, unknown>;
  const wanted = expected as Record<string, unknown>;
  const keys = new Set([...Object.keys(own), ...Object.keys(wanted)]);
  for (const key of keys) {
    if (ignore.includes(key)) continue;
    const below = `${where}/${key}`;
    const found = key in own && key in wanted
      ? compare(own[key], wanted[key], { ignore, where: below })
      : { error: Infinity, where: below };
    if (found.error > worst.error) Object.assign(worst, found);
  }
  return worst;
}

/** Asserts that a difference is within its bound; a row of the golden table. */
export function holds(
  fixture: string,
  array: string,
  { error, where }: Difference,
  bound: number,
): void {
  goldenRows.push({
    fixture: `nusc/${fixture}`,
    by: "code",
    array,
    error,
    bound,
  });
  assert(error <= bound, `${fixture} ${array}${where}: ${error}`);
}
