/**
 * The code part of fingerprints: hashes of the files and versions of the
 * packages that a stage's module reaches.
 * @module
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { FileHashes, sameStamp, type Stamp, stampOf } from "../hash.ts";
import {
  DENO_CONFIG,
  type ModuleGraph,
  moduleGraph,
  moduleUrl,
  reachable,
} from "./graph.ts";

/** What a stage's code is. */
export interface Code {
  /** Hash by path from the project root. */
  files: Record<string, string>;
  /** Versions of the npm packages reached, such as `zod@4.6.7`. */
  packages: string[];
}

/** A graph with what it was read from. */
export interface CodeRecord {
  deno: string;
  roots: string[];
  graph: ModuleGraph;
  hashes: Record<string, Stamp & { sha256: string }>;
  /** Stamps of deno.json and deno.lock, which decide what imports mean. */
  settings: Record<string, Stamp | null>;
}

/**
 * The contract that stages are typed against: no result depends on it, so a
 * new comment there leaves all artifacts fresh.
 */
const CONTRACT = new URL("../stage.ts", import.meta.url).href;

/**
 * Code of stage files. While no file of the recorded graph has changed, the
 * graph cannot have changed either: Deno is not asked again.
 * @param paths stage files
 * @param record from an earlier call, or null
 * @returns code or an error sentence by path, and the record to keep (the
 * very object that was given if it is still right)
 */
export async function readCode(
  paths: string[],
  record: CodeRecord | null,
): Promise<{ code: Map<string, Code | string>; record: CodeRecord }> {
  const roots = paths.map(moduleUrl);
  const next = record && isCurrent(record, roots)
    ? record
    : await readRecord(withFormer(roots, record), record);
  const code = new Map<string, Code | string>();
  for (const path of paths) code.set(path, codeOf(next, moduleUrl(path)));
  return { code, record: next };
}

/** Other configs' stages stay known: two configs may take turns. */
function withFormer(roots: string[], record: CodeRecord | null): string[] {
  const former = (record?.roots ?? []).filter((root) =>
    stampOf(fileURLToPath(root)) !== null
  );
  return [...new Set([...roots, ...former])].sort();
}

function isCurrent(record: CodeRecord, roots: string[]): boolean {
  return record.deno === Deno.version.deno &&
    roots.every((root) => record.roots.includes(root)) &&
    Object.keys(record.graph.errors).length === 0 &&
    [...Object.entries(record.hashes), ...Object.entries(record.settings)]
      .every(([path, stamp]) => sameStamp(stamp, stampOf(path)));
}

async function readRecord(
  roots: string[],
  old: CodeRecord | null,
): Promise<CodeRecord> {
  const lock = DENO_CONFIG.replace(/deno\.json$/, "deno.lock");
  const settings: CodeRecord["settings"] = {};
  for (const path of [DENO_CONFIG, lock]) settings[path] = stampOf(path);
  const graph = await moduleGraph(roots);
  const known = new FileHashes(old?.hashes);
  const hashes: CodeRecord["hashes"] = {};
  for (const path of Object.values(graph.files)) {
    if (await known.get(path)) hashes[path] = known.known[path]!;
  }
  return { deno: Deno.version.deno, roots, graph, hashes, settings };
}

function codeOf(record: CodeRecord, root: string): Code | string {
  const { graph, hashes } = record;
  const files: [string, string][] = [];
  const packages: string[] = [];
  for (const module of reachable(graph, root)) {
    if (module.startsWith("npm:")) packages.push(module.slice(4));
    const error = graph.errors[module];
    if (error) return error.split("\n")[0]!;
    const path = graph.files[module];
    if (!path || module === CONTRACT) continue;
    files.push([nameOf(module), hashes[path]?.sha256 ?? "absent"]);
  }
  files.sort(([a], [b]) => a < b ? -1 : 1);
  return { files: Object.fromEntries(files), packages: packages.sort() };
}

/** A path from the project root; remote modules keep their address. */
function nameOf(module: string): string {
  return module.startsWith("file:")
    ? relative(Deno.cwd(), fileURLToPath(module)).replaceAll("\\", "/")
    : module;
}
