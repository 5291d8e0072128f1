/**
 * Links of the pages in docs/ to symbols of the code: where they should point,
 * and, run as `deno task docs`, making them point there.
 *
 * A link whose text is one symbol, or "`first` to `last`", is to the lines of
 * those declarations, doc comments included.
 * @module
 */
import { dirname, join } from "node:path";

/** A link of a page. */
export interface Link {
  /** As it is written, without line breaks. */
  text: string;
  /** Path from the project's root, without the anchor. */
  path: string;
  /** After the `#`, or null. */
  anchor: string | null;
  /** Where the target starts in the page, and how long it is. */
  at: number;
  length: number;
}

/** Lines of a declaration, from 1. */
export interface Lines {
  /** Of its comment, where it has one. */
  first: number;
  /** Of its name. */
  declared: number;
  /** Included. */
  last: number;
}

const LINK = /\[((?:[^[\]`]|`[^`]*`)+)\]\(([^)\s]+)\)/g;
const ONE = /^`(\w+)`$/;
const RANGE = /^`(\w+)` to `(\w+)`$/;

/** Relative links of a page. */
export function linksOf(page: string, text: string): Link[] {
  return [...text.matchAll(LINK)]
    .filter(([, , target]) => !/^(\w+:|#)/.test(target!))
    .map((match) => {
      const [whole, name, target] = match as unknown as string[];
      const [path, anchor] = target!.split("#");
      return {
        text: name!.replace(/\s+/g, " "),
        path: join(dirname(page), path!),
        anchor: anchor ?? null,
        at: match.index + whole!.length - 1 - target!.length,
        length: target!.length,
      };
    });
}

/** Symbols that a link's text names, first and last; null if it names none. */
export function symbolsOf({ text, path }: Link): [string, string] | null {
  if (!path.endsWith(".ts")) return null;
  const [, one] = ONE.exec(text) ?? [];
  if (one !== undefined) return [one, one];
  const [, first, last] = RANGE.exec(text) ?? [];
  return first !== undefined && last !== undefined ? [first, last] : null;
}

/** Lines of a top-level declaration with its comment; null if there is none. */
export function linesOf(code: string, symbol: string): Lines | null {
  const lines = code.split("\n");
  const kinds = "(?:async )?(?:function|const|class|interface|type)";
  const declaration = new RegExp(`^(?:export )?${kinds} ${symbol}\\b`);
  const at = lines.findIndex((line) => declaration.test(line));
  if (at < 0) return null;
  let first = at;
  if (lines[at - 1]?.trimEnd().endsWith("*/")) {
    do first--; while (!lines[first]!.startsWith("/**"));
  }
  const last = lines.findIndex((line, i) =>
    i >= at && (/^\}/.test(line) || /^\S.*;$/.test(line))
  );
  return { first: first + 1, declared: at + 1, last: last + 1 };
}

/**
 * The lines that a link should point at.
 * @throws {Error} naming the page, the link and what is missing.
 */
export function targetOf(
  page: string,
  link: Link,
): Pick<Lines, "first" | "last"> | null {
  const symbols = symbolsOf(link);
  if (symbols === null) return null;
  const code = Deno.readTextFileSync(link.path);
  const [first, last] = symbols.map((symbol) => {
    const lines = linesOf(code, symbol);
    if (lines) return lines;
    throw new Error(`${page}: ${link.path} declares no "${symbol}"`);
  });
  return { first: first!.first, last: last!.last };
}

/** A page with all of its anchors right. */
export function mended(page: string, text: string): string {
  let result = text;
  for (const link of linksOf(page, text).toReversed()) {
    const lines = targetOf(page, link);
    if (lines === null) continue;
    const target = text.slice(link.at, link.at + link.length);
    const path = target.replace(/#.*/, "");
    result = result.slice(0, link.at) +
      `${path}#L${lines.first}-L${lines.last}` +
      result.slice(link.at + link.length);
  }
  return result;
}

/** The pages. */
export function pages(): string[] {
  return [...Deno.readDirSync("docs")]
    .map(({ name }) => `docs/${name}`)
    .filter((path) => path.endsWith(".md"))
    .sort();
}

if (import.meta.main) {
  for (const page of pages()) {
    const text = Deno.readTextFileSync(page);
    const right = mended(page, text);
    if (right !== text) Deno.writeTextFileSync(page, right);
  }
}
