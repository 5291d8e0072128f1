/**
 * `pipeline config`: all settings, and where each comes from.
 * @module
 */
import { childOf, origin, type Tree } from "../config/mod.ts";
import { print, style } from "../loggers/mod.ts";
import { makePlan, type Plan, type PlannedStage } from "../plan.ts";

/** A line of YAML with the origin of its value. */
interface Line {
  text: string;
  origin: string;
}

/** Prints the resolved config as YAML with origins as comments. */
export async function config(
  path: string,
  overrides: string[],
  { json = false }: { json?: boolean },
): Promise<void> {
  const plan = await makePlan(path, overrides);
  if (json) {
    print(`${JSON.stringify(plainConfig(plan), null, 2)}\n`);
    return;
  }
  const lines = configLines(plan);
  const widths = lines.map(({ text }) => text.length);
  const width = Math.max(...widths.filter((width) => width <= 48), 0);
  for (const { text, origin } of lines) {
    const comment = style("dim", `# ${origin}`);
    print(origin ? `${text.padEnd(width)}  ${comment}\n` : `${text}\n`);
  }
}

function plainConfig({ pipeline, stages }: Plan) {
  return {
    name: pipeline.name,
    description: pipeline.description,
    stages: Object.fromEntries(
      stages.map(({ name, entry, needs, config }) => [
        name,
        { uses: entry.uses, needs, with: config },
      ]),
    ),
  };
}

function configLines({ pipeline, stages }: Plan): Line[] {
  const lines: Line[] = [];
  for (const key of ["name", "description"] as const) {
    const value = pipeline[key];
    if (value === undefined) continue;
    lines.push({ text: `${key}: ${JSON.stringify(value)}`, origin: "" });
  }
  lines.push({ text: "stages:", origin: "" });
  for (const stage of stages) lines.push(...stageLines(stage));
  return lines;
}

function stageLines({ name, entry, config }: PlannedStage): Line[] {
  const lines: Line[] = [
    { text: `  ${name}:`, origin: "" },
    { text: `    uses: ${entry.uses}`, origin: origin(entry.usesPlace) },
  ];
  if (entry.needs.size > 0) lines.push({ text: "    needs:", origin: "" });
  for (const [input, { stage, place }] of entry.needs) {
    lines.push({ text: `      ${input}: ${stage}`, origin: origin(place) });
  }
  const { settings } = entry;
  const map = settings?.kind === "map" ? settings : undefined;
  if (isMap(config) && Object.keys(config).length > 0) {
    lines.push({ text: "    with:", origin: "" });
    lines.push(...valueLines(config, map, "      "));
  }
  return lines;
}

/** A line for each scalar and list; maps are entered. */
function valueLines(
  map: Record<string, unknown>,
  tree: Tree | undefined,
  indent: string,
): Line[] {
  return Object.entries(map).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const entry = tree && childOf(tree, key);
    const head = `${indent}${yamlKey(key)}:`;
    if (isMap(value) && Object.keys(value).length > 0) {
      const below = valueLines(value, entry?.value, `${indent}  `);
      return [{ text: head, origin: "" }, ...below];
    }
    return [{
      text: `${head} ${JSON.stringify(value)}`,
      origin: entry ? origin(entry.key) : "default",
    }];
  });
}

function yamlKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
