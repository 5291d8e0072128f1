/**
 * The logger where nobody watches: plain lines, progress twice a minute.
 * @module
 */
import type { RunEvent } from "../event.ts";
import { linesOf, PLAIN } from "./lines.ts";
import type { Logger } from "./logger.ts";
import { Progress } from "./progress.ts";

/** Prints lines; a line about progress at most every `everyMs`. */
export class CiLogger implements Logger {
  #progress = new Progress();
  #last = 0;

  constructor(
    readonly print: (text: string) => void,
    readonly everyMs = 30_000,
  ) {}

  log(event: RunEvent): void {
    if (event.type === "stage-started") {
      this.#progress = new Progress();
      this.#last = performance.now();
    }
    for (const line of linesOf(event, PLAIN)) this.print(`${line}\n`);
    if (event.type !== "stage" || event.event.type !== "progress") return;
    this.#progress.add(event.event);
    const now = performance.now();
    if (now - this.#last < this.everyMs) return;
    this.#last = now;
    this.print(`${event.stage}: ${this.#progress.text()}\n`);
  }

  close(): void {}
}
