/**
 * A config file with its parents, merged.
 * @module
 */
import { dirname, join, normalize } from "node:path";
import { parseYaml } from "./parse.ts";
import { check, type Problem } from "./problem.ts";
import { didYouMean, nearest } from "./suggest.ts";
import type { Place, Source } from "./source.ts";
import { inherit } from "./inherit.ts";
import type { MapTree } from "./tree.ts";

const COMMANDS = ["run", "status", "graph", "config", "runs", "gc", "doctor"];

/** Reads a config and what it extends. @throws {ConfigError} */
export function loadConfig(path: string): MapTree {
  return loadChain(normalize(path), []);
}

/** One link of a chain of `extends:`. */
interface Link {
  path: string;
  place: Place;
}

function loadChain(path: string, chain: Link[]): MapTree {
  const source = readSource(path, chain);
  const problems: Problem[] = [];
  const tree = parseYaml(source, problems);
  check(problems);
  if (tree.kind !== "map") {
    check([{
      message: "Found no map, expected the key stages",
      place: tree.place,
    }]);
  }
  const map = tree as MapTree;
  const parent = map.entries.get("extends");
  if (!parent) return map;
  const link = { path, place: parent.value.place };
  if (
    parent.value.kind !== "scalar" || typeof parent.value.value !== "string"
  ) {
    check([{
      message: "extends takes one path, such as ./base.yaml",
      place: parent.value.place,
    }]);
  }
  const { value } = parent.value as { value: string };
  const next = normalize(join(source.folder!, value));
  const links = [...chain, link];
  checkCycle(next, links);
  map.entries.delete("extends");
  return inherit(loadChain(next, links), map);
}

function checkCycle(next: string, links: Link[]): void {
  const first = links.findIndex((link) => link.path === next);
  if (first < 0) return;
  const [head, ...rest] = links.slice(first);
  check([{
    message: `extends goes in a circle: ${
      [head!, ...rest].map((link) => link.path).join(" → ")
    } → ${next}`,
    place: head!.place,
    also: rest.map(({ place }) => ({ note: "which extends", place })),
  }]);
}

function readSource(path: string, chain: Link[]): Source {
  try {
    const text = Deno.readTextFileSync(path);
    return { name: path, text, folder: dirname(path) };
  } catch (error) {
    const place = chain.at(-1)?.place;
    check([{ message: unreadable(path, error, place), place }]);
    throw error;
  }
}

function unreadable(path: string, error: unknown, place?: Place): string {
  if (error instanceof Deno.errors.NotFound) {
    if (!place) {
      const command = nearest(path, COMMANDS);
      if (command) return `Found no config "${path}", did you mean ${command}?`;
    }
    return `Found no config "${path}"${didYouMean(path, siblings(path))}`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `Cannot read the config "${path}": ${reason}`;
}

/** The YAML files beside a missing one. */
function siblings(path: string): string[] {
  try {
    return [...Deno.readDirSync(dirname(path))]
      .filter(({ name }) => /\.ya?ml$/.test(name))
      .map(({ name }) => join(dirname(path), name)).sort();
  } catch {
    return [];
  }
}
