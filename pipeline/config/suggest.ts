/**
 * "Did you mean": the nearest known word.
 * @module
 */

/** Levenshtein distance where swapping two neighbours counts as one. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + differs,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** The nearest word, if it is near enough to be a slip of the finger. */
export function nearest(
  word: string,
  known: Iterable<string>,
): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/** `, did you mean "lr"?`, or what would have been right. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const words = [...known];
  const near = nearest(word, words);
  if (near !== null) return `, did you mean "${near}"?`;
  return words.length > 0 ? `, expected ${oneOf(words)}` : "";
}

/** `a`, `a or b`, `one of a, b, c`. */
export function oneOf(words: string[]): string {
  if (words.length <= 2) return words.join(" or ");
  return `one of ${words.join(", ")}`;
}
