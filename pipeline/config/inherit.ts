/**
 * What a child config takes over from its parent.
 * @module
 */
import { type Entry, type MapTree, merge, type Tree } from "./tree.ts";

/**
 * The parent merged with its child, key by key. A stage for which the child
 * names another module starts without the parent's settings: they were the
 * other module's.
 */
export function inherit(parent: MapTree, child: MapTree): MapTree {
  const stages = mapAt(parent, "stages");
  const own = mapAt(child, "stages");
  if (!stages || !own) return merge(parent, child) as MapTree;
  const kept = [...stages.entries].map(([name, entry]): [string, Entry] => [
    name,
    { ...entry, value: inherited(entry.value, own.entries.get(name)?.value) },
  ]);
  const entries = new Map(parent.entries);
  const { key } = entries.get("stages")!;
  entries.set("stages", {
    key,
    value: { ...stages, entries: new Map(kept) },
  });
  return merge({ ...parent, entries }, child) as MapTree;
}

/** A parent's stage as far as it concerns the child's. */
function inherited(stage: Tree, child: Tree | undefined): Tree {
  if (stage.kind !== "map" || child?.kind !== "map") return stage;
  const [before, after] = [stage, child].map(moduleOf);
  if (after === undefined || before === after) return stage;
  const entries = new Map(stage.entries);
  entries.delete("with");
  return { ...stage, entries };
}

function moduleOf({ entries }: MapTree): unknown {
  const uses = entries.get("uses")?.value;
  return uses?.kind === "scalar" ? uses.value : undefined;
}

function mapAt(tree: MapTree, key: string): MapTree | null {
  const value = tree.entries.get(key)?.value;
  return value?.kind === "map" ? value : null;
}
