/**
 * How the pipelines of a launch tell each other what to do: small files in a
 * folder of the launch's own. Rank 0 posts jobs, the others answer.
 * @module
 */
import { join } from "node:path";
import { readJson, remove, writeAtomically } from "./files.ts";
import { ranksFolder } from "./layout.ts";
import { isAbsent } from "../hash.ts";
import { type Lock, tryLock } from "./lock.ts";

/** How a rank's part of a job ended. */
export type Answer =
  | { type: "done" }
  | { type: "failed"; message: string; detail?: string };

/** The files of a launch. */
export class Board {
  readonly #folder: string;
  #lock: Lock | null = null;
  #wasOpen = false;

  constructor(readonly id: string) {
    this.#folder = ranksFolder(id);
  }

  /** Rank 0 begins; what a dead launch of this name has left goes. */
  open(): void {
    this.#lock = tryLock(`ranks-${this.id}`, "exclusive");
    remove(this.#folder);
    writeAtomically(this.#path("open"), "");
  }

  /** Rank 0 ends; all others end too. */
  close(): void {
    // The folder stays, for others to see this; a later run sweeps it away.
    writeAtomically(this.#path("closed"), "");
    this.#lock?.close();
  }

  /** Whether rank 0 has ended, in whatever way. */
  isOver(): boolean {
    if (this.#has("closed")) return true;
    if (!this.#has("open")) return this.#wasOpen;
    this.#wasOpen = true;
    const lock = tryLock(`ranks-${this.id}`, "shared");
    lock?.close();
    return lock !== null;
  }

  /** Rank 0 posts the job of a number. */
  post(number: number, job: unknown): void {
    this.#write(`${number}.job`, job);
  }

  /** The job of a number, once it is posted. */
  job<T>(number: number): T | null {
    return readJson<T>(this.#path(`${number}.job`));
  }

  /** Rank 0 says that all work on a job is to end. */
  finish(number: number): void {
    this.#write(`${number}.over`, true);
  }

  /** Whether it has said so. */
  isFinished(number: number): boolean {
    return this.#has(`${number}.over`);
  }

  /** A rank tells how its part ended. */
  answer(number: number, rank: number, answer: Answer): void {
    this.#write(`${number}.${rank}`, answer);
  }

  /** What a rank has told. */
  answerOf(number: number, rank: number): Answer | null {
    return readJson<Answer>(this.#path(`${number}.${rank}`));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #write(name: string, value: unknown): void {
    writeAtomically(this.#path(name), JSON.stringify(value));
  }

  #has(name: string): boolean {
    try {
      Deno.statSync(this.#path(name));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }
}
