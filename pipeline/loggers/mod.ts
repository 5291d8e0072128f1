/**
 * Loggers: the only code that prints. All that happens is an event.
 * @module
 */
import { CiLogger } from "./ci.ts";
import { JsonLogger } from "./json.ts";
import type { Logger } from "./logger.ts";
import { print, style, terminalWidth } from "./print.ts";
import { TerminalLogger } from "./terminal.ts";

export { FileLogger } from "./file.ts";
export { bytes, duration } from "./format.ts";
export type { Logger } from "./logger.ts";
export { outputWidth, print, printError, style } from "./print.ts";
export { formatTable } from "./table.ts";

/** The logger for whoever reads standard output. */
export function standardLogger(json: boolean): Logger {
  if (json) return new JsonLogger(print);
  // Such as mpirun's, which has no width.
  const isDumb = Deno.env.get("TERM") === "dumb" || terminalWidth() === 0;
  if (!Deno.stdout.isTerminal() || isDumb) return new CiLogger(print);
  return new TerminalLogger(() => ({ print, width: terminalWidth(), style }));
}
