/**
 * Mistakes in configs and on the command line: values that are collected, so
 * that a user sees all of them at once.
 * @module
 */
import { type Place, position } from "./source.ts";

/** One mistake: what was found, what was expected, where. */
export interface Problem {
  /** A sentence without a final period. */
  message: string;
  place?: Place;
  /** Further places that explain it, such as the members of a cycle. */
  also?: { note: string; place: Place }[];
}

/** Thrown once all problems of a step are known; ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: Problem[];
  constructor(problems: Problem[]) {
    const sorted = problems.toSorted(byPlace);
    super(sorted.map(formatProblem).join("\n\n"));
    this.problems = sorted;
  }
}

/** Files by name, then lines; what the command line says comes last. */
function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  if (!a || !b) return Number(!a) - Number(!b);
  const rank = ({ source }: Place) => Number(source.folder === null);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 0 && a.source.name !== b.source.name) {
    return a.source.name < b.source.name ? -1 : 1;
  }
  return a.source === b.source ? a.start - b.start : 0;
}

/** Throws if there is any problem. */
export function check(problems: Problem[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * A problem as text: `file:line:column sentence`, the source line, and a
 * squiggle under the token.
 */
export function formatProblem({ message, place, also = [] }: Problem): string {
  return [
    place ? `${head(place)} ${message}` : message,
    ...(place ? excerpt(place) : []),
    ...also.flatMap((more) => [
      `  ${head(more.place)} ${more.note}`,
      ...excerpt(more.place),
    ]),
  ].join("\n");
}

function head(place: Place): string {
  const { line, column } = position(place);
  return place.source.folder === null
    ? `${place.source.name}:`
    : `${place.source.name}:${line}:${column}`;
}

/** The source line and the squiggle; a token of many lines is cut at one. */
function excerpt(place: Place): string[] {
  const { column, text } = position(place);
  const room = Math.max(1, text.length - column + 1);
  const width = Math.max(1, Math.min(place.end - place.start, room));
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [`    ${text}`, `    ${indent}${"~".repeat(width)}`];
}
