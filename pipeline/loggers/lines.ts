/**
 * Events as lines of plain text, for terminals, CI logs and the log file.
 * @module
 */
import { type RunEvent, unreachable } from "../event.ts";
import { duration } from "./format.ts";
import { formatTable } from "./table.ts";

/** How lines look. */
export interface Look {
  /** Characters of a line. */
  width: number;
  style(
    format: "bold" | "dim" | "red" | "green" | "yellow",
    text: string,
  ): string;
}

/** Plain text of any width. */
export const PLAIN: Look = { width: Infinity, style: (_, text) => text };

/** Lines that an event adds to a log; progress and scalars add none. */
export function linesOf(event: RunEvent, look: Look): string[] {
  switch (event.type) {
    case "started":
    case "output":
      return [];
    case "stage-started":
      return [
        `${look.style("bold", event.stage)} runs: ${shorten(event.reasons)}`,
      ];
    case "stage":
      return stageLines(event, look);
    case "stage-finished":
      return [finishedLine(event, look)];
    case "notice": {
      const text = event.level === "warning"
        ? look.style("yellow", `warning: ${event.text}`)
        : event.text;
      return [event.stage ? `${event.stage}: ${text}` : text];
    }
    case "error": {
      const where = event.stage ? `${event.stage}: ` : "";
      const detail = event.detail ? event.detail.split("\n") : [];
      return [
        look.style("red", `error: ${where}${event.message}`),
        ...detail.map((line) => look.style("dim", `    ${line}`)),
      ];
    }
    case "finished":
      return [lastLine(event, look)];
    default:
      return unreachable(event);
  }
}

function stageLines(
  { stage, event }: Extract<RunEvent, { type: "stage" }>,
  look: Look,
): string[] {
  switch (event.type) {
    case "progress":
    case "scalars":
      return [];
    case "message": {
      const text = `${stage}: ${event.text}`;
      return [
        event.level === "warning"
          ? look.style("yellow", `${stage}: warning: ${event.text}`)
          : text,
      ];
    }
    case "table":
      return [
        "",
        look.style("bold", event.title),
        ...formatTable(event.columns, event.rows, look.width),
        "",
      ];
    default:
      return unreachable(event);
  }
}

function finishedLine(
  { summary, isInterrupted }: Extract<RunEvent, { type: "stage-finished" }>,
  look: Look,
): string {
  const { name, status, seconds, artifact } = summary;
  if (isInterrupted) {
    const mark = look.style("yellow", "–");
    return `${mark} ${look.style("bold", name)} interrupted`;
  }
  const mark = status === "failed"
    ? look.style("red", "✗")
    : look.style("green", status === "ran" ? "✓" : "=");
  const time = status === "ran" ? ` in ${duration(seconds)}` : "";
  const where = artifact ? look.style("dim", `  ${artifact}`) : "";
  return `${mark} ${look.style("bold", name)} ${status}${time}${where}`;
}

function lastLine(
  { outcome, seconds, stages }: Extract<RunEvent, { type: "finished" }>,
  look: Look,
): string {
  const counts = (["ran", "cached", "failed", "skipped"] as const)
    .map((status) => {
      const count = stages.filter((stage) => stage.status === status).length;
      const isStopped = status === "failed" && outcome === "interrupted";
      return count > 0 ? `${count} ${isStopped ? "interrupted" : status}` : "";
    }).filter(Boolean).join(", ");
  const words = { ok: "Done", failed: "Failed", interrupted: "Interrupted" };
  const color = outcome === "ok" ? "green" : "red";
  return `${look.style(color, words[outcome])} in ${duration(seconds)}: ` +
    (counts || "nothing ran") +
    (outcome === "interrupted" ? "; the same command goes on from here" : "");
}

function shorten(reasons: string[]): string {
  const [first, second, third, ...rest] = reasons;
  const shown = [first, second, third].filter((reason) => reason).join("; ");
  return rest.length > 0 ? `${shown}; and ${rest.length} more` : shown;
}
