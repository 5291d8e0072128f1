/**
 * `weights show` and `weights convert`: files of weights.
 * @module
 */
import { resolve } from "node:path";
import { UserError } from "../stage.ts";
import { print, style } from "../loggers/mod.ts";
import {
  applyOverrides,
  check,
  checkSettings,
  loadConfig,
  type Problem,
  readPipeline,
} from "../config/mod.ts";
import { importStage } from "../module.ts";
import type { Contents, ConvertOptions } from "../../stages/weights.ts";

type TrainSettings = NonNullable<ConvertOptions["settings"]>;

/** The stage whose settings describe a model. */
const TRAIN = resolve("stages/train.ts");
/** Longer metadata, such as a whole config, is cut in the listing. */
const LONGEST = 200;

/** Prints what a file holds, and what a config's model would load of it. */
export async function showWeights(
  path: string,
  flags: { entry?: string; for?: string; only?: string[]; json?: boolean },
): Promise<void> {
  const { show } = await import("../../stages/weights.ts");
  const settings = flags.for ? await settingsOf(flags.for) : undefined;
  const { entry, only } = flags;
  const contents = await show(path, { entry, only, settings });
  const { format, bytes, origin, tensors, metadata, report } = contents;
  const sizes = tensors.map(({ shape }) =>
    shape.reduce((product, side) => product * side, 1)
  );
  const numbers = sizes.reduce((sum, size) => sum + size, 0);
  if (flags.json) {
    print(`${JSON.stringify({ path, ...contents, numbers }, null, 2)}\n`);
    return;
  }
  const types = countBy(tensors.map(({ dtype }) => dtype));
  const where = contents.entry === null ? "" : `, under "${contents.entry}"`;
  const kind = origin.naming === null
    ? "unknown"
    : [origin.naming, ...origin.parts].join(", ");
  field("file", `${path}: ${format}${where}, ${(bytes / 1e6).toFixed(1)} MB`);
  field("origin", kind);
  field("tensors", `${tensors.length} (${types}), ${grouped(numbers)} numbers`);
  for (const [key, value] of Object.entries(metadata)) {
    const text = value.replace(/\s+/g, " ");
    field(key, text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  }
  print("\n");
  if (report) printReport(report);
  else printTensors(tensors);
}

function printTensors(tensors: Contents["tensors"]): void {
  const width = Math.max(...tensors.map(({ name }) => name.length));
  for (const { name, shape, dtype } of tensors) {
    print(`${name.padEnd(width)}  ${dtype.padEnd(4)}  [${shape.join(", ")}]\n`);
  }
}

/** Every name but those that were loaded, which are only counted. */
function printReport(report: NonNullable<Contents["report"]>): void {
  const { loaded, resized, missing, unexpected, foreign } = report;
  field("loaded", `${loaded.length} parameters`);
  for (
    const [title, names] of [
      ["resized", resized],
      ["missing", missing],
      ["unexpected", unexpected],
      ["left aside", foreign],
    ] as const
  ) {
    field(title, String(names.length));
    for (const name of names) print(`  ${name}\n`);
  }
}

/** Converts a file and prints what became of its names. */
export async function convertWeights(
  from: string,
  to: string,
  flags: {
    for?: string;
    only?: string[];
    entry?: string;
    half?: boolean;
    force?: boolean;
  },
): Promise<void> {
  const { convert } = await import("../../stages/weights.ts");
  const settings = flags.for ? await settingsOf(flags.for) : undefined;
  const { for: _, ...options } = flags;
  const lines = await convert(from, to, { ...options, settings });
  for (const line of lines) print(`${line}\n`);
}

/** The settings of a config's training. */
async function settingsOf(config: string): Promise<TrainSettings> {
  const problems: Problem[] = [];
  const tree = applyOverrides(loadConfig(config), [], problems);
  const { stages } = readPipeline(tree, problems);
  check(problems);
  const entry = [...stages.values()]
    .find(({ uses }) => resolve(uses) === TRAIN);
  if (entry === undefined) {
    throw new UserError(
      `${config} has no stage that uses ./stages/train.ts, which would say ` +
        "what model the weights are for",
    );
  }
  const stage = await importStage(entry, problems);
  const settings = stage && checkSettings(entry, stage.config, problems);
  check(problems);
  return settings as TrainSettings;
}

function field(name: string, value: string): void {
  print(`${style("dim", name.padEnd(10))} ${value}\n`);
}

function countBy(values: string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${value} ${count}`).join(", ");
}

function grouped(value: number): string {
  return value.toLocaleString("en");
}
