/**
 * YAML text to a tree of places.
 * @module
 */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
} from "yaml";
import type { Problem } from "./problem.ts";
import type { Place, Source } from "./source.ts";
import type { MapTree, Tree } from "./tree.ts";

interface Reading {
  source: Source;
  /** Where the YAML starts in the source's text. */
  offset: number;
  problems: Problem[];
  resolve(alias: Alias): Node | undefined;
}

/**
 * Parses the part of a source's text from `offset` on; syntax errors are
 * added to `problems`, and what could be read is returned.
 */
export function parseYaml(
  source: Source,
  problems: Problem[],
  offset = 0,
): Tree {
  const document = parseDocument(source.text.slice(offset), {
    prettyErrors: false,
  });
  for (const { message, pos } of document.errors) {
    problems.push({
      message: `Cannot parse YAML: ${sentence(message)}`,
      place: { source, start: offset + pos[0], end: offset + pos[1] },
    });
  }
  return toTree(document.contents as Node | null, {
    source,
    offset,
    problems,
    resolve: (alias) => alias.resolve(document),
  });
}

/** yaml's message as the end of a sentence. */
function sentence(message: string): string {
  const text = message.split("\n")[0]!.replace(/[.:]$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function toTree(node: Node | null, reading: Reading): Tree {
  const place = placeOf(node, reading);
  if (isAlias(node)) {
    const target = reading.resolve(node);
    return target
      ? toTree(target, reading)
      : { kind: "scalar", value: null, place };
  }
  if (isMap(node)) {
    const map: MapTree = { kind: "map", entries: new Map(), place };
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const at = placeOf(key as Node, reading);
      const tree = value === null || isEmpty(value)
        ? { kind: "scalar" as const, value: null, place: at }
        : toTree(value as Node, reading);
      map.entries.set(name, { key: at, value: tree });
    }
    return map;
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => toTree(item as Node, reading));
    return { kind: "list", items, place };
  }
  return { kind: "scalar", value: (node as Scalar | null)?.value, place };
}

/** A key without a value: its place is the key's. */
function isEmpty(value: unknown): boolean {
  return isScalar(value) && value.value === null && value.source === "";
}

function placeOf(node: Node | null, { source, offset }: Reading): Place {
  const [start, end] = node?.range ?? [0, 0];
  return { source, start: offset + start, end: offset + end };
}
