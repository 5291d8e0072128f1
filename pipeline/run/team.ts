/**
 * Rank 0's view of a launch: it posts jobs, works itself, and hears how the
 * others fare.
 *
 * Open MPI ends all ranks a second after one has died: whatever is to be told
 * must be told at once.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { encode } from "../json.ts";
import type { NamedLaunch } from "../launch.ts";
import type { Stage } from "../stage.ts";
import { Board } from "../store/mod.ts";
import {
  killChildren,
  type Listener,
  runJob,
  StageFailure,
} from "./process.ts";
import type { Job } from "./protocol.ts";

/** How often ranks look at the board. */
export const POLL_MS = 50;

/** Ranks other than 0 have this long to end after rank 0 has. */
const LAST_WORDS_MS = 20_000;

/** A failure that also Open MPI's signals to end do not hide. */
export class RankFailure extends StageFailure {}

/** The processes of a launch, led by this one. */
export class Team implements Disposable {
  readonly #board: Board;
  #jobs = 0;
  #hasMet = false;

  constructor(readonly launch: NamedLaunch) {
    this.#board = new Board(launch.id);
    this.#board.open();
  }

  /** Runs a job on all ranks to its end. @throws {StageFailure} */
  async run(
    job: Job,
    kind: NonNullable<Stage["ranks"]>,
    signal: AbortSignal,
    listener: Listener,
  ): Promise<void> {
    if (kind === "together") this.#meet();
    const number = ++this.#jobs;
    this.#board.post(number, encode(job));
    const watch = new AbortController();
    let failure: RankFailure | null = null;
    const watching = this.#watch(number, watch.signal).then((found) => {
      failure ??= found;
      if (found) killChildren();
    });
    try {
      const { id: _, ...launch } = this.launch;
      await runJob({ ...job, launch }, signal, {
        ...listener,
        onFailure({ message, detail }) {
          failure ??= new RankFailure(message, detail);
          killChildren();
        },
      });
      await Promise.race([
        watching,
        delay(LAST_WORDS_MS, null, { ref: false }),
      ]);
    } catch (error) {
      // A dead process here may be the end of one elsewhere.
      if (!failure && !signal.aborted) await delay(4 * POLL_MS);
      throw failure ?? error;
    } finally {
      watch.abort();
      this.#board.finish(number);
    }
    if (failure) throw failure;
  }

  /** MPI starts once in the life of a rank. */
  #meet(): void {
    if (this.#hasMet) {
      throw new StageFailure(
        "MPI starts only once in a launch, and an earlier stage has used it. " +
          "Run the same command again: what is there by now is not made again",
      );
    }
    this.#hasMet = true;
  }

  /** Returns once all others are done, or with the first failure. */
  async #watch(
    number: number,
    signal: AbortSignal,
  ): Promise<RankFailure | null> {
    const waiting = new Set(
      Array.from({ length: this.launch.size - 1 }, (_, i) => i + 1),
    );
    while (waiting.size > 0 && !signal.aborted) {
      for (const rank of waiting) {
        const answer = this.#board.answerOf(number, rank);
        if (answer?.type === "failed") {
          const message = `On rank ${rank}: ${answer.message}`;
          return new RankFailure(message, answer.detail);
        }
        if (answer) waiting.delete(rank);
      }
      await delay(POLL_MS);
    }
    return null;
  }

  [Symbol.dispose](): void {
    this.#board.close();
  }
}
