/**
 * What ranks other than 0 do: they plan nothing and print nothing, but work on
 * the jobs that rank 0 posts.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { decode } from "../json.ts";
import type { NamedLaunch } from "../launch.ts";
import type { Launch } from "../stage.ts";
import { type Answer, Board } from "../store/mod.ts";
import { killChildren, runJob, StageFailure, StageStopped } from "./process.ts";
import type { Job } from "./protocol.ts";
import { POLL_MS } from "./team.ts";

/** Serves rank 0 until it ends; returns the exit code. */
export async function follow({ id, ...launch }: NamedLaunch): Promise<number> {
  // Rank 0 hears the same signals, and says what is to be done.
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => {});
  }
  const board = new Board(id);
  for (let number = 1;;) {
    if (board.isOver()) break;
    const text = board.job<string>(number);
    if (text === null) {
      await delay(POLL_MS);
      continue;
    }
    const job = decode(text) as Job;
    const lock = `${job.lock}.${launch.rank}`;
    await serve(board, number, { ...job, lock, launch });
    number++;
  }
  killChildren();
  return 0;
}

/** Works on a job until rank 0 says that it is over. */
async function serve(
  board: Board,
  number: number,
  job: Job & { launch: Launch },
): Promise<void> {
  const { rank } = job.launch;
  const tell = (answer: Answer) => board.answer(number, rank, answer);
  let isOver = false;
  const working = runJob(job, new AbortController().signal, {
    onEvent: () => {},
    onOutput: () => {},
    // At once: the process waits for its end, see child.ts.
    onFailure: ({ message, detail }) =>
      tell({ type: "failed", message, detail }),
  }).then(() => tell({ type: "done" }), (error) => {
    if (!(error instanceof StageFailure)) throw error;
    if (error instanceof StageStopped) return tell({ type: "done" });
    const { message, detail } = error;
    if (!isOver) tell({ type: "failed", message, detail });
  });
  while (!(isOver = board.isFinished(number) || board.isOver())) {
    await delay(POLL_MS);
  }
  killChildren();
  await working;
}
