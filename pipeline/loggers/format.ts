/**
 * Numbers as people read them.
 * @module
 */

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  const units: [string, number][] = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => total >= size);
  let rest = total;
  return units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return [count, name] as const;
  }).filter(([count], index) => index === 0 || count > 0)
    .map(([count, name]) => `${count} ${name}`).join(" ");
}

/** Four significant digits, and an exponent only where it is shorter. */
export function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  const text = value.toPrecision(4);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** `12 B`, `3.4 kB`, `1.2 GB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = count;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return unit === 0 ? `${size} B` : `${size.toFixed(1)} ${units[unit]}`;
}

/** Text cut to a width, with an ellipsis. */
export function fit(text: string, width: number): string {
  return text.length <= width
    ? text
    : `${text.slice(0, Math.max(0, width - 1))}…`;
}

// deno-lint-ignore no-control-regex -- the codes of colours are controls
const COLORS = /\x1b\[[0-9;]*m/g;

/**
 * A line as lines of at most `width` characters, broken between words and set
 * in by two from the second on; a word that is longer stays whole. Codes of
 * colours take no room.
 */
export function wrap(text: string, width: number): string[] {
  const size = (part: string) => part.replace(COLORS, "").length;
  if (size(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const part of text.split(/(?<=\S)(?= )/)) {
    if (line && size(line) + size(part) > width) {
      lines.push(line);
      line = `  ${part.trimStart()}`;
    } else {
      line += part;
    }
  }
  return [...lines, line];
}
