/**
 * `train.lr=1e-4` on the command line: sets `stages.train.with.lr`.
 * @module
 */
import { parseYaml } from "./parse.ts";
import { check, type Problem } from "./problem.ts";
import type { Place, Source } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { Entry, MapTree, Tree } from "./tree.ts";

/** Applies overrides in order; the stages' schemas check the keys later. */
export function applyOverrides(
  config: MapTree,
  overrides: readonly string[],
  problems: Problem[],
): MapTree {
  return overrides.reduce(
    (tree, text) => applyOverride(tree, text, problems),
    config,
  );
}

function applyOverride(
  config: MapTree,
  text: string,
  problems: Problem[],
): MapTree {
  const source: Source = { name: "command line", text, folder: null };
  const equals = text.indexOf("=");
  const all = { source, start: 0, end: text.length };
  if (equals <= 0) {
    problems.push({
      message: "Found no stage.key=value, expected one such as train.lr=1e-4",
      place: all,
    });
    return config;
  }
  const parts = splitPath(source, equals);
  const wrong = targetProblem(config, parts);
  if (wrong) {
    problems.push(wrong);
    return config;
  }
  const before = problems.length;
  const value = parseYaml(source, problems, equals + 1);
  if (problems.length > before) return config;
  if (value.kind === "scalar" && value.value === undefined) {
    problems.push({
      message: `Found no value after ${text.slice(0, equals + 1)}, expected ` +
        `one; write null for none, or '""' for an empty text`,
      place: { source, start: equals, end: equals + 1 },
    });
    return config;
  }
  const [stage, ...path] = parts;
  const root = { name: "stages", place: all };
  const within = { name: "with", place: stage!.place };
  return assign(config, [root, stage!, within, ...path], value) as MapTree;
}

/** What is wrong with the part before `=`, or null. */
function targetProblem(config: MapTree, parts: Part[]): Problem | null {
  const [{ name, place }, ...path] = parts as [Part, ...Part[]];
  const stages = config.entries.get("stages")?.value;
  const names = stages?.kind === "map" ? [...stages.entries.keys()] : [];
  if (!names.includes(name)) {
    const message = `Found no stage "${name}"${didYouMean(name, names)}`;
    return { message, place };
  }
  if (path.length > 0) return null;
  const message = `Found no setting of ${name}, expected ${name}.<key>=<value>`;
  return { message, place };
}

interface Part {
  name: string;
  place: Place;
}

function splitPath(source: Source, end: number): Part[] {
  let start = 0;
  return source.text.slice(0, end).split(".").map((name) => {
    const place = { source, start, end: start + name.length };
    start += name.length + 1;
    return { name, place };
  });
}

/** A copy of the tree with one value set; makes maps where none are. */
function assign(tree: Tree | undefined, path: Part[], value: Tree): Tree {
  const [part, ...rest] = path;
  if (!part) return value;
  if (tree?.kind === "list" && /^\d+$/.test(part.name)) {
    const index = Number(part.name);
    const items = [...tree.items];
    if (index >= items.length) {
      check([{
        message: `Found no item ${index}, expected 0 to ${items.length - 1}`,
        place: part.place,
      }]);
    }
    items[index] = assign(items[index], rest, value);
    return { ...tree, items };
  }
  const old = tree?.kind === "map" ? tree.entries : new Map<string, Entry>();
  const entries = new Map(old);
  const before = entries.get(part.name);
  entries.set(part.name, {
    key: rest.length === 0 ? part.place : before?.key ?? part.place,
    value: assign(before?.value, rest, value),
  });
  return {
    kind: "map",
    entries,
    place: tree?.kind === "map" ? tree.place : part.place,
  };
}
