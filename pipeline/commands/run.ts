/**
 * `pipeline run`: plan, run, tell.
 * @module
 */
import { ConfigError, position } from "../config/mod.ts";
import type { Emit, Outcome, RunEvent } from "../event.ts";
import {
  FileLogger,
  type Logger,
  printError,
  standardLogger,
} from "../loggers/mod.ts";
import { isUnderMpirun, readLaunch } from "../launch.ts";
import { makePlan, type Plan } from "../plan.ts";
import {
  follow,
  onInterrupt,
  type RunOptions,
  runPlan,
  selectStages,
  Team,
} from "../run/mod.ts";
import { RunFolder, runId } from "../store/mod.ts";
import { showForecast } from "./status.ts";

/** Options of the command. */
export interface RunFlags extends RunOptions {
  dryRun?: boolean;
  json?: boolean;
}

const EXIT = { ok: 0, failed: 1, interrupted: 130 };

const INTERRUPTED =
  "Interrupted: the stage saves its work; Ctrl+C again ends it at once";

/** Runs a config; returns the exit code. */
export async function run(
  config: string,
  overrides: string[],
  flags: RunFlags,
): Promise<number> {
  const launch = readLaunch();
  if (launch && launch.rank > 0) return flags.dryRun ? 0 : await follow(launch);
  using team = launch && !flags.dryRun ? new Team(launch) : null;
  const logger = standardLogger(flags.json ?? false);
  try {
    const plan = await makePlan(config, overrides);
    if (flags.dryRun) {
      const selected = selectStages(plan.stages, flags);
      await showForecast(plan, { ...flags, selected });
      return 0;
    }
    const folder = new RunFolder(newRecord(config, overrides));
    return EXIT[await runRecorded(plan, flags, { folder, logger, team })];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (flags.json) logProblems(error, logger);
    printError(`${error.message}\n`);
    return 2;
  } finally {
    logger.close();
  }
}

/** Runs a plan, all of which its folder's log tells too. */
async function runRecorded(
  plan: Plan,
  options: RunOptions,
  { folder, logger, team }: {
    folder: RunFolder;
    logger: Logger;
    team: Team | null;
  },
): Promise<Outcome> {
  const warning = (text: string) =>
    ({ type: "notice", level: "warning", text }) as const;
  const files = new FileLogger(
    folder,
    (reason) => logger.log(warning(`Cannot write the log: ${reason}`)),
  );
  const emit = toAll([logger, files]);
  const signal = onInterrupt(
    () => emit(warning(INTERRUPTED)),
    () => logger.close(),
    isUnderMpirun(),
  );
  try {
    return await runPlan(plan, options, { folder, signal, emit, team });
  } finally {
    files.close();
  }
}

function newRecord(config: string, overrides: string[]): RunFolder["record"] {
  const now = new Date();
  return {
    id: runId(config, now),
    config,
    overrides,
    started: now.toISOString(),
    used: now.toISOString(),
    seconds: 0,
    status: "running",
    stages: {},
  };
}

function toAll(loggers: Logger[]): Emit {
  return (event: RunEvent) => {
    for (const logger of loggers) logger.log(event);
  };
}

/** Mistakes for programs: a line each, then a summary without stages. */
function logProblems({ problems }: ConfigError, logger: Logger): void {
  for (const { message, place } of problems) {
    const at = place && {
      file: place.source.name,
      line: position(place).line,
      column: position(place).column,
    };
    logger.log({ type: "error", message, ...(at ? { at } : {}) });
  }
  logger.log({ type: "finished", outcome: "failed", seconds: 0, stages: [] });
}
