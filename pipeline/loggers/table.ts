/**
 * Tables of text: words to the left, numbers to the right.
 * @module
 */
import { fit, number } from "./format.ts";

/** A column as text: its name, the rule below it, its cells. */
interface Column {
  lines: string[];
  width: number;
  isNumber: boolean;
}

/**
 * Lines of a table with its columns' names. Columns that do not fit beside the
 * others go into blocks below, each led by the first column where that names
 * the rows; only what is wider than `width` by itself is cut.
 */
export function formatTable(
  names: string[],
  rows: (string | number)[][],
  width = Infinity,
): string[] {
  const columns = names.map((name, index) =>
    textColumn(name, rows.map((row) => row[index] ?? ""))
  );
  return blocks(columns, width).flatMap((block, index) => {
    const lines = names.length > 0 ? blockLines(block, width) : [];
    return index === 0 ? lines : ["", ...lines];
  });
}

function textColumn(name: string, cells: (string | number)[]): Column {
  const isNumber = cells.length > 0 &&
    cells.every((cell) => typeof cell === "number");
  const texts = isNumber
    ? numbers(cells)
    : cells.map((cell) => typeof cell === "number" ? number(cell) : cell);
  const width = Math.max(name.length, ...texts.map((text) => text.length));
  return { lines: [name, "─".repeat(width), ...texts], width, isNumber };
}

/** Numbers with their points below each other, where none needs an exponent. */
function numbers(values: number[]): string[] {
  const texts = values.map(number);
  if (texts.some((text) => text.includes("e"))) return texts;
  const digits = texts.map((text) => text.split(".")[1]?.length ?? 0);
  const decimals = Math.min(4, Math.max(...digits));
  return values.map((value, index) =>
    Number.isFinite(value) ? value.toFixed(decimals) : texts[index]!
  );
}

/** Columns that fit beside each other. */
function blocks(columns: Column[], width: number): Column[][] {
  const first = columns[0];
  const lead = first && !first.isNumber ? [first] : [];
  const result: Column[][] = [[]];
  for (const column of columns) {
    const block = result.at(-1)!;
    if (total([...block, column]) <= width || block.length <= lead.length) {
      block.push(column);
    } else {
      result.push([...lead, column]);
    }
  }
  return result;
}

/** Characters of a block, two between columns. */
function total(block: Column[]): number {
  return block.reduce((sum, { width }) => sum + width + 2, -2);
}

function blockLines(block: Column[], width: number): string[] {
  return block[0]!.lines.map((_, row) =>
    fit(
      block.map((column) => {
        const text = column.lines[row]!;
        return column.isNumber
          ? text.padStart(column.width)
          : text.padEnd(column.width);
      }).join("  ").trimEnd(),
      width,
    )
  );
}
