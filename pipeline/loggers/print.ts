/**
 * The only place where text leaves for the terminal.
 * @module
 */
import { styleText } from "node:util";

const encoder = new TextEncoder();

/** Writes to standard output. */
export function print(text: string): void {
  write(Deno.stdout, text);
}

/** Writes to standard error. */
export function printError(text: string): void {
  write(Deno.stderr, text);
}

function write(stream: typeof Deno.stdout | typeof Deno.stderr, text: string) {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) {
      at += stream.writeSync(bytes.subarray(at));
    }
  } catch (error) {
    // `pipeline … | head`: who read has left; the work goes on.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

type Style = Parameters<typeof styleText>[0];

/** Colours text if standard output is a terminal and NO_COLOR is not set. */
export function style(format: Style, text: string): string {
  return hasColor ? styleText(format, text, { validateStream: false }) : text;
}

const hasColor = Deno.stdout.isTerminal() && !Deno.noColor;

/** Characters that fit on a line of standard output; any number in a file. */
export function outputWidth(): number {
  return Deno.stdout.isTerminal() ? terminalWidth() || Infinity : Infinity;
}

/** Width of the terminal in characters. */
export function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
