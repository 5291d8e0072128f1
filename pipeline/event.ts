/**
 * Everything that happens in a run. Code emits events; loggers tell people,
 * files and other programs.
 * @module
 */
import type { StageEvent } from "./stage.ts";
import type { StageStatus } from "./store/mod.ts";

/** A stage in the last line of `--json`. */
export interface StageSummary {
  name: string;
  status: StageStatus;
  /** Folder of the artifact, from the project root; null if there is none. */
  artifact: string | null;
  /** Time that this run spent on it. */
  seconds: number;
}

/** One thing that happened. */
export type RunEvent =
  | { type: "started"; config: string; stages: string[] }
  /** A stage begins to work, for these reasons. */
  | { type: "stage-started"; stage: string; reasons: string[] }
  /** Something that a stage tells. */
  | { type: "stage"; stage: string; event: StageEvent }
  /** A line that a stage's process printed. */
  | { type: "output"; stage: string; text: string }
  | {
    type: "stage-finished";
    stage: string;
    summary: StageSummary;
    /** It was stopped, and may go on where it was in the next run. */
    isInterrupted?: boolean;
  }
  | {
    type: "notice";
    level: "info" | "warning";
    stage?: string;
    text: string;
  }
  | {
    type: "error";
    stage?: string;
    message: string;
    /** Place in a config, counted from 1. */
    at?: { file: string; line: number; column: number };
    /** A stack trace or the last output: for bugs, not for users' mistakes. */
    detail?: string;
  }
  | {
    type: "finished";
    outcome: Outcome;
    seconds: number;
    stages: StageSummary[];
  };

/** How a run ended. */
export type Outcome = "ok" | "failed" | "interrupted";

/** Takes events. */
export type Emit = (event: RunEvent) => void;

/** For the end of a `switch` that names every case. */
export function unreachable(value: never): never {
  throw new Error(`Unexpected ${JSON.stringify(value)}`);
}
