/**
 * From a config to checked stages in the order in which they run.
 * @module
 */
import { pathToFileURL } from "node:url";
import {
  applyOverrides,
  check,
  checkSettings,
  loadConfig,
  nearest,
  type Pipeline,
  type Problem,
  readPipeline,
  type StageEntry,
  type Tree,
} from "./config/mod.ts";
import { type Code, type CodeRecord, readCode } from "./fingerprint/mod.ts";
import { canonicalJson } from "./hash.ts";
import { importStage } from "./module.ts";
import { sortStages } from "./order.ts";
import type { Stage } from "./stage.ts";
import { readCache, writeCache } from "./store/mod.ts";

/** A stage that is ready to run. */
export interface PlannedStage {
  name: string;
  entry: StageEntry;
  /** URL of the stage file. */
  url: string;
  module: Stage;
  /** Settings, checked, with defaults. */
  config: unknown;
  code: Code;
  /** Stage by input. */
  needs: Record<string, string>;
}

/** A checked config. */
export interface Plan {
  /** Path of the config, as given. */
  path: string;
  overrides: readonly string[];
  pipeline: Pipeline;
  /** The merged config with places. */
  tree: Tree;
  /** Every stage comes after those that it needs. */
  stages: PlannedStage[];
}

/** Reads and checks all of a config. @throws {ConfigError} all mistakes */
export async function makePlan(
  path: string,
  overrides: readonly string[] = [],
): Promise<Plan> {
  const problems: Problem[] = [];
  const tree = applyOverrides(loadConfig(path), overrides, problems);
  const pipeline = readPipeline(tree, problems);
  const order = sortStages(pipeline, problems);
  const entries = order.filter((entry) => checkFile(entry, problems));
  const paths = entries.map(({ uses }) => uses);
  const [code, ...modules] = await Promise.all([
    codeOf(paths),
    ...entries.map((entry) => importStage(entry, problems)),
  ]);
  const stages: PlannedStage[] = [];
  for (const [index, entry] of entries.entries()) {
    const module = modules[index];
    if (!module) continue;
    checkInputs(entry, module, problems);
    const config = checkSettings(entry, module.config, problems);
    const found = code.get(entry.uses)!;
    if (typeof found === "string") {
      const message = `Cannot read the modules of ${entry.uses}: ${found}`;
      problems.push({ message, place: entry.usesPlace });
      continue;
    }
    stages.push({
      name: entry.name,
      entry,
      url: pathToFileURL(entry.uses).href,
      module,
      config,
      code: found,
      needs: Object.fromEntries(
        [...entry.needs].map(([input, { stage }]) => [input, stage]),
      ),
    });
  }
  check(problems);
  return { path, overrides, pipeline, tree, stages };
}

async function codeOf(paths: string[]): Promise<Map<string, Code | string>> {
  const before = readCache<CodeRecord>("code");
  const { code, record } = await readCode(paths, before);
  if (record !== before) writeCache("code", record);
  return code;
}

/** Whether a stage's code is still what it was when the plan was made. */
export async function isCodeSame(stage: PlannedStage): Promise<boolean> {
  const { uses } = stage.entry;
  const now = (await codeOf([uses])).get(uses);
  return canonicalJson(now) === canonicalJson(stage.code);
}

function checkFile(entry: StageEntry, problems: Problem[]): boolean {
  const { name, uses, usesPlace } = entry;
  if (!uses) return false;
  try {
    if (Deno.statSync(uses).isFile) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const near = nearest(uses, neighbours(uses));
  problems.push({
    message: `Stage "${name}" uses the file ${uses}, which does not exist` +
      (near
        ? `, did you mean ${near}?`
        : "; paths count from the folder in which the command runs"),
    place: usesPlace,
  });
  return false;
}

/** Paths of the files in a missing file's folder. */
function neighbours(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  try {
    return [...Deno.readDirSync(folder || ".")]
      .filter(({ isFile }) => isFile).map(({ name }) => folder + name).sort();
  } catch {
    return [];
  }
}

/** Every input that the stage wants is bound, and no other. */
function checkInputs(
  { name, needs, place }: StageEntry,
  { inputs, optionalInputs = [] }: Stage,
  problems: Problem[],
): void {
  const known = [...inputs, ...optionalInputs];
  const unknown = [...needs].filter(([input]) => !known.includes(input));
  for (const [input, { key }] of unknown) {
    const hint = known.length > 0
      ? `, expected ${known.map((word) => `"${word}"`).join(", ")}`
      : ", it has none";
    problems.push({
      message: `Stage "${name}" has no input "${input}"${hint}`,
      place: key,
    });
  }
  for (const input of inputs) {
    if (needs.has(input)) continue;
    problems.push({
      message: `Stage "${name}" lacks its input "${input}"; bind it under ` +
        `needs, such as needs: { ${input}: <stage> }`,
      place,
    });
  }
}
