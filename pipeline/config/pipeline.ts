/**
 * The shape of a config: `name`, `description` and the `stages:` map.
 * @module
 */
import type { Problem } from "./problem.ts";
import type { Place } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import { describe, type MapTree, type Tree } from "./tree.ts";

/** A stage as a config describes it. */
export interface StageEntry {
  name: string;
  /** Of the name in the YAML. */
  place: Place;
  /** Path of the stage file from the project root. */
  uses: string;
  usesPlace: Place;
  /** Stage by input, with the place of the stage's name. */
  needs: Map<string, { stage: string; key: Place; place: Place }>;
  /** The `with:` section; undefined where there is none. */
  settings: Tree | undefined;
}

/** A config whose structure is right; settings are not checked yet. */
export interface Pipeline {
  name?: string;
  description?: string;
  /** In the order of the file. */
  stages: Map<string, StageEntry>;
}

const TOP = ["extends", "name", "description", "stages"];
const KEYS = ["uses", "needs", "with"];
/** Folders of the store that a stage may not be called. */
const RESERVED = ["runs", "latest"];

/** Reads the structure; what is wrong is added to `problems`. */
export function readPipeline(config: MapTree, problems: Problem[]): Pipeline {
  refuseUnknown(config, TOP, "", problems);
  const pipeline: Pipeline = { stages: new Map() };
  for (const key of ["name", "description"] as const) {
    const entry = config.entries.get(key);
    if (entry) pipeline[key] = text(entry.value, key, problems);
  }
  const stages = config.entries.get("stages");
  if (stages?.value.kind !== "map" || stages.value.entries.size === 0) {
    problems.push({
      message: stages
        ? `Found ${describeTree(stages.value)}, expected a map of stages`
        : "Found no key stages, expected a map of stages",
      place: stages?.key ?? { ...config.place, end: config.place.start + 1 },
    });
    return pipeline;
  }
  for (const [name, { key, value }] of stages.value.entries) {
    if (value.kind === "scalar" && value.value === null) continue;
    const stage = readStage(name, key, value, problems);
    if (stage) pipeline.stages.set(name, stage);
  }
  checkNeeds(pipeline, problems);
  return pipeline;
}

function readStage(
  name: string,
  place: Place,
  tree: Tree,
  problems: Problem[],
): StageEntry | null {
  if (!/^[a-z][\w-]*$/i.test(name) || RESERVED.includes(name)) {
    const message = RESERVED.includes(name)
      ? `No stage can be called "${name}": the store uses this folder`
      : `Found the stage name "${name}", expected letters, digits, _ and -`;
    problems.push({ message, place });
  }
  if (tree.kind !== "map") {
    const message = `Found ${describeTree(tree)} for the stage "${name}", ` +
      "expected a map with the key uses";
    problems.push({ message, place: tree.place });
    return null;
  }
  refuseUnknown(tree, KEYS, ` in the stage "${name}"`, problems);
  const uses = tree.entries.get("uses");
  if (!uses) {
    const message = `Stage "${name}" has no key uses, expected the path of ` +
      "its file, such as ./stages/train.ts";
    problems.push({ message, place });
    return null;
  }
  return {
    name,
    place,
    uses: text(uses.value, "uses", problems) ?? "",
    usesPlace: uses.value.place,
    needs: readNeeds(tree.entries.get("needs")?.value, problems),
    settings: tree.entries.get("with")?.value,
  };
}

/** `{ input: stage }`, or a list of stages that are called as inputs are. */
function readNeeds(
  tree: Tree | undefined,
  problems: Problem[],
): StageEntry["needs"] {
  const needs: StageEntry["needs"] = new Map();
  if (!tree || (tree.kind === "scalar" && tree.value === null)) return needs;
  if (tree.kind === "scalar") {
    const message = `Found ${describeTree(tree)}, expected a map of input to ` +
      "stage, or a list of stages";
    problems.push({ message, place: tree.place });
    return needs;
  }
  const entries = tree.kind === "map"
    ? [...tree.entries].map(([input, { key, value }]) => ({
      input,
      key,
      value,
    }))
    : tree.items.map((value) => ({ input: "", key: value.place, value }));
  for (const { input, key, value } of entries) {
    const stage = text(value, input || "needs", problems);
    if (stage === undefined) continue;
    needs.set(input || stage, { stage, key, place: value.place });
  }
  return needs;
}

function checkNeeds({ stages }: Pipeline, problems: Problem[]): void {
  for (const { name, needs } of stages.values()) {
    for (const { stage, place } of needs.values()) {
      if (stages.has(stage)) continue;
      const others = [...stages.keys()].filter((other) => other !== name);
      const message = `Stage "${name}" needs the stage "${stage}", which does` +
        ` not exist${didYouMean(stage, others)}`;
      problems.push({ message, place });
    }
  }
}

function refuseUnknown(
  map: MapTree,
  known: string[],
  where: string,
  problems: Problem[],
): void {
  for (const [key, { key: place }] of map.entries) {
    if (known.includes(key)) continue;
    const message = `Unknown key "${key}"${where}${didYouMean(key, known)}`;
    problems.push({ message, place });
  }
}

function text(
  tree: Tree,
  key: string,
  problems: Problem[],
): string | undefined {
  if (tree.kind === "scalar" && typeof tree.value === "string") {
    return tree.value;
  }
  const message = `Found ${describeTree(tree)} for ${key}, expected text`;
  problems.push({ message, place: tree.place });
}

function describeTree(tree: Tree): string {
  if (tree.kind === "scalar") return describe(tree.value);
  return tree.kind === "map" ? "a map" : `a list of ${tree.items.length}`;
}
