/**
 * A config as a tree in which every key and value knows its place, so that
 * messages point at tokens and `config` tells where each value comes from.
 * @module
 */
import type { Place } from "./source.ts";

/** Keys in the order written. */
export interface MapTree {
  kind: "map";
  entries: Map<string, Entry>;
  place: Place;
}

/** A key with its value. */
export interface Entry {
  key: Place;
  value: Tree;
}

/** A list; replaced as a whole by a child config. */
export interface ListTree {
  kind: "list";
  items: Tree[];
  place: Place;
}

/** A string, number, boolean or null. */
export interface ScalarTree {
  kind: "scalar";
  value: unknown;
  place: Place;
}

/** A value with its places. */
export type Tree = MapTree | ListTree | ScalarTree;

/** The plain value of a tree. */
export function toValue(tree: Tree): unknown {
  switch (tree.kind) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(toValue);
    case "map":
      return Object.fromEntries(
        [...tree.entries].map(([key, { value }]) => [key, toValue(value)]),
      );
  }
}

/**
 * Deep merge: maps key by key, anything else is replaced. A child's null
 * removes nothing; it is a value like any other.
 */
export function merge(parent: Tree, child: Tree): Tree {
  if (parent.kind !== "map" || child.kind !== "map") return child;
  const entries = new Map(parent.entries);
  for (const [key, entry] of child.entries) {
    const inherited = entries.get(key);
    entries.set(key, {
      key: entry.key,
      value: inherited ? merge(inherited.value, entry.value) : entry.value,
    });
  }
  return { kind: "map", entries, place: child.place };
}

/** A child of a map or list by name or index. */
export function childOf(tree: Tree, key: PropertyKey): Entry | undefined {
  if (tree.kind === "map") return tree.entries.get(String(key));
  if (tree.kind !== "list") return undefined;
  const value = tree.items[Number(key)];
  return value && { key: value.place, value };
}

/** The deepest entry that exists on a path, and how much of it exists. */
export function descend(
  tree: Tree,
  path: readonly PropertyKey[],
): { tree: Tree; key: Place; depth: number } {
  let found: { tree: Tree; key: Place; depth: number } = {
    tree,
    key: tree.place,
    depth: 0,
  };
  for (const [index, part] of path.entries()) {
    const entry = childOf(found.tree, part);
    if (!entry) break;
    found = { tree: entry.value, key: entry.key, depth: index + 1 };
  }
  return found;
}

/** What a value is, in YAML's words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a map";
  return JSON.stringify(value);
}
