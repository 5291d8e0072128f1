/**
 * A stage's `with:` section against its schema.
 * @module
 */
import type { z } from "zod";
import type { StageEntry } from "./pipeline.ts";
import type { Problem } from "./problem.ts";
import { keysAt } from "./schema.ts";
import { didYouMean, oneOf } from "./suggest.ts";
import { childOf, descend, describe, toValue, type Tree } from "./tree.ts";

type Issue = z.core.$ZodIssue;

/**
 * The settings with defaults, or undefined after adding what is wrong to
 * `problems`.
 */
export function checkSettings<Schema extends z.ZodType>(
  entry: StageEntry,
  schema: Schema,
  problems: Problem[],
): z.output<Schema> | undefined {
  const empty: Tree = { kind: "map", entries: new Map(), place: entry.place };
  const { settings } = entry;
  const isEmpty = !settings ||
    (settings.kind === "scalar" && settings.value === null);
  const tree = isEmpty ? empty : settings;
  const result = schema.safeParse(toValue(tree));
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    problems.push(...toProblems(issue, tree, entry.name, schema));
  }
}

function toProblems(
  issue: Issue,
  tree: Tree,
  stage: string,
  schema: z.ZodType,
): Problem[] {
  const { tree: at, key, depth } = descend(tree, issue.path);
  const dotted = [stage, ...issue.path].map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((unknown) => ({
      message: `Unknown key "${unknown}" in ${dotted}` +
        didYouMean(unknown, keysAt(schema, issue.path)),
      place: childOf(at, unknown)?.key ?? at.place,
    }));
  }
  const isThere = depth === issue.path.length;
  const value = isThere ? toValue(at) : undefined;
  const message = isThere
    ? `Found ${describe(value)} for ${dotted}, ${wanted(issue)}`
    : `Found no ${dotted}, ${wanted(issue)}`;
  // Of maps and lists the key is pointed at: their text may be pages long.
  const whole = at.kind === "scalar" && isThere;
  return [{ message, place: whole ? at.place : key }];
}

/** The end of the sentence: what zod wanted. */
function wanted(issue: Issue): string {
  const expected = expectation(issue);
  return expected ? `expected ${expected}` : issue.message.replace(/\.$/, "");
}

function expectation(issue: Issue): string | null {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return oneOf(issue.values.map((value) => JSON.stringify(value)));
    case "too_small":
      return `${unit(issue.origin)}${issue.inclusive ? "≥" : ">"} ` +
        issue.minimum;
    case "too_big":
      return `${unit(issue.origin)}${issue.inclusive ? "≤" : "<"} ` +
        issue.maximum;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_union": {
      const all = issue.errors.flatMap((branch) => branch.map(expectation));
      const known = all.filter((text) => text !== null);
      return known.length > 0 ? [...new Set(known)].join(" or ") : null;
    }
    default:
      return null;
  }
}

const TYPES: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map",
  record: "a map",
  null: "null",
};

function unit(origin: string): string {
  if (origin === "array" || origin === "set") return "a list of length ";
  return origin === "string" ? "text of length " : "a number ";
}
