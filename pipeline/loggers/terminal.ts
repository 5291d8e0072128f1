/**
 * The logger for people who watch: lines above, one status line below.
 * @module
 */
import type { RunEvent } from "../event.ts";
import { duration, fit, wrap } from "./format.ts";
import { linesOf, type Look } from "./lines.ts";
import type { Logger } from "./logger.ts";
import { Progress } from "./progress.ts";

/** A terminal, or what a test puts in its place. */
export interface Screen extends Look {
  print(text: string): void;
}

const CLEAR = "\r\x1b[K";

/** Draws the status line ten times a second at most. */
export class TerminalLogger implements Logger {
  #stage = "";
  #start = 0;
  #progress = new Progress();
  #isShown = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly screen: () => Screen) {}

  log(event: RunEvent): void {
    const screen = this.screen();
    if (event.type === "stage-started") this.#begin(event.stage);
    if (event.type === "stage" && event.event.type === "progress") {
      this.#progress.add(event.event);
    }
    const lines = linesOf(event, screen)
      .flatMap((line) => wrap(line, screen.width));
    if (event.type === "stage-finished" || event.type === "error") this.#end();
    if (lines.length === 0) return;
    this.#hide();
    screen.print(lines.map((line) => `${line}\n`).join(""));
    this.#draw();
  }

  #begin(stage: string): void {
    this.#stage = stage;
    this.#start = performance.now();
    this.#progress = new Progress();
    this.#timer ??= setInterval(() => this.#draw(), 100);
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stage = "";
    this.#hide();
  }

  #draw(): void {
    if (!this.#stage) return;
    const { print, width } = this.screen();
    const time = duration(Math.floor((performance.now() - this.#start) / 1000));
    const text = [this.#stage, this.#progress.text() || time].join("  ");
    // One column is left free: some terminals wrap at the last one.
    print(CLEAR + fit(text, width - 1));
    this.#isShown = true;
  }

  #hide(): void {
    if (this.#isShown) this.screen().print(CLEAR);
    this.#isShown = false;
  }

  close(): void {
    this.#end();
  }
}
