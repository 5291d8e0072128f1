/**
 * Why a fingerprint differs from an earlier one, field by field.
 * @module
 */
import { canonicalJson } from "../hash.ts";
import type { FingerprintData } from "./mod.ts";

/** Sentences such as `config lr: 0.1 → 0.2`; empty if nothing differs. */
export function differences(
  before: FingerprintData,
  after: FingerprintData,
): string[] {
  const out: string[] = [];
  if (before.version !== after.version) {
    out.push(`version: ${before.version} → ${after.version}`);
  }
  const [one, two] = [before.processes ?? 1, after.processes ?? 1];
  if (one !== two) out.push(`processes: ${one} → ${two}`);
  compareValues("config", before.config, after.config, out);
  for (const [input, digest] of changes(before.inputs, after.inputs)) {
    out.push(`input ${input}: ${digest}`);
  }
  for (const [file, change] of changes(before.files, after.files)) {
    out.push(`code ${file}: ${change}`);
  }
  for (
    const [name, change] of changes(
      Object.fromEntries(before.packages.map(splitVersion)),
      Object.fromEntries(after.packages.map(splitVersion)),
      true,
    )
  ) out.push(`package ${name}: ${change}`);
  compareExternals(before.externals, after.externals, out);
  return out;
}

function splitVersion(id: string): [string, string] {
  const at = id.indexOf("@", 1);
  return [id.slice(0, at), id.slice(at + 1)];
}

/** Keys that came, went or changed, with a word or the values. */
function changes(
  before: Record<string, string>,
  after: Record<string, string>,
  values = false,
): [key: string, change: string][] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.sort().flatMap((key): [string, string][] => {
    const [a, b] = [before[key], after[key]];
    if (a === b) return [];
    if (a === undefined) return [[key, values ? `added ${b}` : "added"]];
    if (b === undefined) return [[key, "removed"]];
    return [[key, values ? `${a} → ${b}` : "changed"]];
  });
}

function compareValues(
  path: string,
  before: unknown,
  after: unknown,
  out: string[],
): void {
  if (canonicalJson(before) === canonicalJson(after)) return;
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) {
      const separator = path === "config" ? " " : ".";
      compareValues(`${path}${separator}${key}`, before[key], after[key], out);
    }
    return;
  }
  out.push(`${path}: ${show(before)} → ${show(after)}`);
}

function compareExternals(
  before: FingerprintData["externals"],
  after: FingerprintData["externals"],
  out: string[],
): void {
  const names = [...new Set([...before, ...after].map(([name]) => name))];
  const states = (list: FingerprintData["externals"], name: string) =>
    list.filter(([other]) => other === name).map(([, state]) => state).join();
  for (const name of names) {
    if (states(before, name) === states(after, name)) continue;
    out.push(`external ${name}: changed`);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return "not set";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
