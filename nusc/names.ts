/**
 * Lists of names in messages.
 * @module
 */

/** Names shown before the rest is counted. */
const SHOWN = 5;

/** The first few names. */
export function someOf(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, SHOWN).join(", ");
  return all.length > SHOWN
    ? `${shown} and ${all.length - SHOWN} more`
    : shown || "none";
}
