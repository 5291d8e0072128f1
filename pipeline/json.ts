/**
 * JSON that keeps NaN and infinities: a loss that diverges, or a metric that
 * is undefined, is told as it is.
 * @module
 */

/** A key that stands for a number that JSON lacks. */
const NUMBER = "\u0001number";
/** The same inside of JSON. */
const WRITTEN = JSON.stringify(NUMBER);

/** A value as text; of several lines, indented, where `space` is given. */
export function encode(value: unknown, space?: number): string {
  return JSON.stringify(
    value,
    (_key, item) =>
      typeof item === "number" && !Number.isFinite(item)
        ? { [NUMBER]: String(item) }
        : item,
    space,
  );
}

/** The value of {@link encode}. @throws {SyntaxError} */
export function decode(text: string): unknown {
  // A reviver looks at each value: too slow for manifests of many files.
  if (!text.includes(WRITTEN)) return JSON.parse(text);
  return JSON.parse(text, (_key, item) => {
    const word = item?.[NUMBER];
    return typeof word === "string" ? Number(word) : item;
  });
}
