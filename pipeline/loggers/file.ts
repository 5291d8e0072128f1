/**
 * The loggers that write into a run's folder: its log, and for each stage
 * `scalars.json` (mmengine's lines) and TensorBoard's event file.
 * @module
 */
import type { RunEvent } from "../event.ts";
import type { RunFolder } from "../store/mod.ts";
import { linesOf, PLAIN } from "./lines.ts";
import type { Logger } from "./logger.ts";
import { scalarsRecord, versionRecord } from "./tensorboard.ts";

type Scalars = { step: number; values: Record<string, number> };

/** Writes what happens into the run's folder, once the folder is there. */
export class FileLogger implements Logger {
  #early: string[] = [];
  #files = new Map<string, Deno.FsFile>();
  #isBroken = false;

  /** @param onTrouble told once if the log cannot be written */
  constructor(
    readonly folder: RunFolder,
    readonly onTrouble: (reason: string) => void,
  ) {}

  log(event: RunEvent): void {
    if (this.#isBroken) return;
    try {
      this.#write(event);
    } catch (error) {
      // A full disk must not end a training that needs no space until later.
      this.#isBroken = true;
      this.onTrouble(error instanceof Error ? error.message : String(error));
    }
  }

  #write(event: RunEvent): void {
    const time = new Date().toISOString().slice(0, 19).replace("T", " ");
    const lines = event.type === "output"
      ? [`${event.stage}| ${event.text}`]
      : linesOf(event, PLAIN);
    this.#early.push(...lines.map((line) => `${time} ${line}\n`));
    if (!this.folder.isOpen) return;
    if (this.#early.length > 0) {
      writeAll(this.#open("log.txt"), encode(this.#early.join("")));
      this.#early = [];
    }
    if (event.type === "stage" && event.event.type === "scalars") {
      this.#scalars(event.stage, event.event);
    }
  }

  #scalars(stage: string, { step, values }: Scalars): void {
    const line = JSON.stringify({ ...values, step }) + "\n";
    writeAll(this.#open("scalars.json", stage), encode(line));
    const now = Date.now() / 1000;
    const events = this.#open(
      `events.out.tfevents.${Math.floor(now)}.${Deno.hostname()}.${Deno.pid}`,
      stage,
      "events",
    );
    writeAll(events, scalarsRecord(now, step, values));
  }

  /** The open file; opened under `key` the first time. */
  #open(name: string, stage = "", key = name): Deno.FsFile {
    const id = `${stage}/${key}`;
    const known = this.#files.get(id);
    if (known) return known;
    const file = this.folder.append(name, stage);
    this.#files.set(id, file);
    if (key === "events") writeAll(file, versionRecord(Date.now() / 1000));
    return file;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += file.writeSync(bytes.subarray(at));
  }
}
