/**
 * The reference of all settings, docs/settings.md, from the stages' own
 * schemas; run as part of `deno task docs`, it writes the page.
 * @module
 */
import { z } from "zod";
import type { Stage } from "../../pipeline/stage.ts";

/** Where the page lies. */
export const PAGE = "docs/settings.md";

/** Stages in the order of a run, then others. */
const ORDER = [
  ..."world nuscenes create-data train export infer".split(" "),
  ..."evaluate track evaluate-tracking".split(" "),
];

const HEAD = `# Settings

What \`with:\` may hold, stage by stage, as the schemas in stages/ say it
(\`deno task docs\` writes this page). A dot goes one map deeper: \`optimizer.lr\`
of \`train\` is \`train.optimizer.lr=1e-4\` on the command line.
\`deno task pipeline config CONFIG\` prints the settings of a config and where
each comes from; what those of training mean beside the original's is in
[training.md](training.md).
`;

/** What is used of a JSON schema. */
interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  prefixItems?: Schema[];
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** One setting. */
export interface Row {
  /** With dots, from `with:` on. */
  key: string;
  values: string;
  /** As YAML; `required` where there is none, empty for maps. */
  default: string;
  meaning: string;
}

/** Names of the stage files that configs may use. */
export function stageNames(): string[] {
  const names = [...Deno.readDirSync("stages")]
    .filter(({ name }) => name.endsWith(".ts"))
    .map(({ name }) => name.replace(".ts", ""))
    .filter((name) =>
      Deno.readTextFileSync(`stages/${name}.ts`).includes("defineStage(")
    );
  const rank = (name: string) => (ORDER.indexOf(name) + 1) || Infinity;
  return names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** A stage by its name. */
export async function stageOf(name: string): Promise<Stage> {
  return (await import(`../../stages/${name}.ts`)).default;
}

/** All settings of a stage, maps before what they hold. */
export function rowsOf({ config }: Pick<Stage, "config">): Row[] {
  const schema = z.toJSONSchema(config, { io: "input" }) as Schema;
  return rowsBelow(schema, "");
}

function rowsBelow(schema: Schema, path: string): Row[] {
  return mapsIn(schema).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, setting]) => {
      const key = path + name;
      const inner = rowsBelow(setting, `${key}.`);
      const isMap = mapsIn(setting).length > 0;
      const isSaid = !isMap || setting.description || hasNull(setting);
      const own = {
        key,
        values: valuesOf(setting),
        default: defaultOf(setting, required.includes(name)),
        meaning: setting.description ?? "",
      };
      return isSaid ? [own, ...inner] : inner;
    })
  );
}

/** The kinds of map with named keys that a setting may be. */
function mapsIn(schema: Schema): Schema[] {
  if (schema.properties) return [schema];
  return branches(schema).flatMap(mapsIn);
}

function branches({ anyOf, oneOf }: Schema): Schema[] {
  return anyOf ?? oneOf ?? [];
}

function hasNull(schema: Schema): boolean {
  return schema.type === "null" || branches(schema).some(hasNull);
}

function defaultOf(schema: Schema, isRequired: boolean): string {
  const value = schema.default;
  if (value === undefined) {
    return isRequired && schema.const === undefined ? "required" : "";
  }
  const isMap = typeof value === "object" && value !== null &&
    !Array.isArray(value);
  return isMap && mapsIn(schema).length > 0 ? "" : yaml(value);
}

function yaml(value: unknown): string {
  if (typeof value === "string") return code(value);
  return code(JSON.stringify(value).replaceAll(/([,:])(?=\S)/g, "$1 "));
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Such as "whole number ≥ 0 or null". */
function valuesOf(schema: Schema): string {
  if (schema.const !== undefined) return yaml(schema.const);
  if (schema.enum) return schema.enum.map(yaml).join(", ");
  if (schema.properties) return "map";
  const parts = branches(schema);
  if (parts.length > 0) return [...new Set(parts.map(valuesOf))].join(" or ");
  const types = [schema.type ?? []].flat();
  return types.map((type) => typeWords(schema, type)).join(" or ");
}

function typeWords(schema: Schema, type: string): string {
  switch (type) {
    case "integer":
      return `whole number${bounds(schema)}`;
    case "number":
      return `number${bounds(schema)}`;
    case "string":
      return "text";
    case "boolean":
      return "`true`, `false`";
    case "null":
      return "`null`";
    case "array":
      return listWords(schema);
    default: {
      const { additionalProperties: each } = schema;
      return typeof each === "object" ? `map to ${valuesOf(each)}` : "map";
    }
  }
}

function listWords(schema: Schema): string {
  const { prefixItems, items, minItems, maxItems } = schema;
  if (prefixItems) return `list of ${prefixItems.map(valuesOf).join(", ")}`;
  const size = minItems === maxItems && minItems ? `${minItems} x ` : "";
  return `list of ${size}${items ? valuesOf(items) : "any"}`;
}

function bounds(schema: Schema): string {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  // zod bounds whole numbers by what a double holds.
  const isBound = (x: number) => Math.abs(x) < Number.MAX_SAFE_INTEGER;
  if (schema.exclusiveMinimum !== undefined) {
    return ` > ${schema.exclusiveMinimum}` +
      (isBound(maximum) ? `, ≤ ${maximum}` : "");
  }
  if (isBound(minimum) && isBound(maximum)) return ` ${minimum} to ${maximum}`;
  if (isBound(minimum)) return ` ≥ ${minimum}`;
  return isBound(maximum) ? ` ≤ ${maximum}` : "";
}

/** The whole page, formatted as `deno fmt` formats it. */
export async function settingsPage(): Promise<string> {
  const parts = [HEAD];
  for (const name of stageNames()) {
    parts.push(section(name, await stageOf(name)));
  }
  return parts.join("\n");
}

function section(name: string, stage: Stage): string {
  const names = (list: readonly string[]) => list.map(code).join(", ");
  const { inputs, optionalInputs = [], untracked = [] } = stage;
  const facts = [
    `\`stages/${name}.ts\`: ${stage.description}.`,
    inputs.length > 0 ? `Inputs: ${names(inputs)}.` : "No inputs.",
    ...optionalInputs.length > 0 ? [`Optional: ${names(optionalInputs)}.`] : [],
    ...untracked.length > 0
      ? [`Not in the fingerprint: ${names(untracked)}.`]
      : [],
  ];
  const rows = rowsOf(stage).map((row) => [
    code(row.key),
    row.values,
    row.default,
    row.meaning,
  ]);
  const table = tableOf([["key", "values", "default", "meaning"], ...rows]);
  return `## ${name}\n\n${wrapped(facts.join(" "))}\n\n${table}\n`;
}

function wrapped(text: string): string {
  return text.replaceAll(/(.{1,80})(?: |$)/g, "$1\n").trimEnd();
}

/** A Markdown table whose columns are as wide as their widest cell. */
function tableOf(rows: readonly string[][]): string {
  const escaped = rows.map((row) =>
    row.map((cell) => cell.replaceAll("|", "\\|"))
  );
  const widths = escaped[0]!.map((_, column) =>
    Math.max(3, ...escaped.map((row) => row[column]!.length))
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const [head, ...body] = escaped.map(line);
  return [head, line(widths.map((width) => "-".repeat(width))), ...body]
    .join("\n");
}

if (import.meta.main) Deno.writeTextFileSync(PAGE, await settingsPage());
