/**
 * The logger for programs: one event a line, as JSON.
 * @module
 */
import type { RunEvent } from "../event.ts";
import type { Logger } from "./logger.ts";

/** Prints events as they are; the last line is the summary of all stages. */
export class JsonLogger implements Logger {
  constructor(readonly print: (text: string) => void) {}

  log(event: RunEvent): void {
    this.print(`${JSON.stringify(plain(event))}\n`);
  }

  close(): void {}
}

function plain(event: RunEvent): unknown {
  switch (event.type) {
    case "stage":
      return { ...event.event, stage: event.stage };
    case "stage-finished": {
      const { name, ...summary } = event.summary;
      return { type: event.type, stage: name, ...summary };
    }
    case "finished":
      return { type: event.type, stages: event.stages };
    default:
      return event;
  }
}
