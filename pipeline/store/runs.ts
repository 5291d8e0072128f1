/**
 * What runs did: `artifacts/runs/<id>/run.json`, the log and scalars.
 * @module
 */
import { join, relative } from "node:path";
import type { Fingerprint } from "../fingerprint/mod.ts";
import { isDiskFull } from "../disk.ts";
import { list, readJson, writeAtomically } from "./files.ts";
import { ROOT, runFolder, RUNS } from "./layout.ts";
import { type Lock, tryLock } from "./lock.ts";

/** How a stage ended in a run. */
export type StageStatus = "ran" | "cached" | "failed" | "skipped";

/** A stage in a run. */
export interface StageRecord {
  status: StageStatus;
  seconds: number;
  /** Folder of the artifact; absent if the stage has none. */
  artifact?: string;
  fingerprint?: Fingerprint;
  digest?: string;
}

/** A run, as `run.json` holds it. */
export interface RunRecord {
  id: string;
  config: string;
  overrides: string[];
  started: string;
  /** Last time that a run of this config found its results here. */
  used: string;
  seconds: number;
  status: "running" | "finished" | "failed" | "interrupted";
  stages: Record<string, StageRecord>;
}

/** Past runs, the newest first. */
export function* readRuns(): Generator<RunRecord> {
  for (const id of list(RUNS).reverse()) {
    const run = readJson<RunRecord>(join(runFolder(id), "run.json"));
    if (run) yield run;
  }
}

/** The last record of each stage of a config that has a fingerprint. */
export function lastStages(config: string): Map<string, StageRecord> {
  const stages = new Map<string, StageRecord>();
  for (const run of readRuns()) {
    if (run.config !== config) continue;
    for (const [name, stage] of Object.entries(run.stages)) {
      if (stage.digest && !stages.has(name)) stages.set(name, stage);
    }
    if (Object.keys(run.stages).every((name) => stages.has(name))) break;
  }
  return stages;
}

/** Whether the process of a run is still there. */
export function isAlive(id: string): boolean {
  const lock = tryLock(`run-${id}`, "exclusive");
  lock?.close();
  return lock === null;
}

/** A run's folder while it runs. */
export class RunFolder {
  #lock: Lock | null = null;

  constructor(readonly record: RunRecord) {}

  /** Whether the folder is there; it is made when a stage starts to run. */
  get isOpen(): boolean {
    return this.#lock !== null;
  }

  /** Path of the folder. */
  get path(): string {
    return runFolder(this.record.id);
  }

  /** Makes the folder and the link `latest`. */
  open(): void {
    if (this.isOpen) return;
    this.record.id = this.#freeId();
    this.#lock = tryLock(`run-${this.record.id}`, "exclusive");
    this.save();
    const link = join(ROOT, "latest");
    const fresh = `${link}.${Deno.pid}`;
    Deno.symlinkSync(join("runs", this.record.id), fresh, { type: "dir" });
    Deno.renameSync(fresh, link);
    for (const stage of Object.keys(this.record.stages)) this.#link(stage);
  }

  #freeId(): string {
    Deno.mkdirSync(RUNS, { recursive: true });
    const { id } = this.record;
    for (let n = 1;; n++) {
      const candidate = n === 1 ? id : `${id}-${n}`;
      try {
        Deno.mkdirSync(runFolder(candidate));
        return candidate;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  }

  /** Writes `run.json`; a full disk is no reason to end a stage. */
  save(): void {
    const text = JSON.stringify(this.record, null, 1) + "\n";
    try {
      writeAtomically(join(this.path, "run.json"), text);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** Opens a file of the run, or of one of its stages, for appending. */
  append(name: string, stage = ""): Deno.FsFile {
    Deno.mkdirSync(join(this.path, stage), { recursive: true });
    const path = join(this.path, stage, name);
    return Deno.openSync(path, { create: true, append: true });
  }

  /** Keeps what is known of a stage. */
  note(stage: string, record: StageRecord): void {
    this.record.stages[stage] = record;
    if (!this.isOpen) return;
    this.#link(stage);
    this.save();
  }

  /** Links a stage's artifact beside its scalars. */
  #link(stage: string): void {
    const { artifact } = this.record.stages[stage]!;
    if (!artifact) return;
    const folder = join(this.path, stage);
    Deno.mkdirSync(folder, { recursive: true });
    Deno.symlinkSync(relative(folder, artifact), join(folder, "artifact"), {
      type: "dir",
    });
  }

  /** Ends the run; one that only found results is noted in an older one. */
  close(status: RunRecord["status"], seconds: number): void {
    Object.assign(this.record, { status, seconds });
    if (!this.isOpen) {
      const twin = this.#twin();
      if (twin) {
        twin.used = this.record.used;
        const path = join(runFolder(twin.id), "run.json");
        writeAtomically(path, JSON.stringify(twin, null, 1) + "\n");
        return;
      }
      this.open();
    }
    this.save();
    this.#lock?.close();
  }

  /** An older run of the same config with the same artifacts. */
  #twin(): RunRecord | null {
    const artifacts = (run: RunRecord) =>
      JSON.stringify(
        Object.entries(run.stages).map(([name, { fingerprint, digest }]) => [
          name,
          fingerprint,
          digest,
        ]),
      );
    const { record } = this;
    for (const run of readRuns()) {
      if (run.config !== record.config || run.status === "running") continue;
      if (artifacts(run) === artifacts(record)) return run;
    }
    return null;
  }
}

/** A run's name: the time, so that names sort by it, and the config. */
export function runId(config: string, now: Date): string {
  const time = now.toISOString().slice(0, 19).replaceAll(":", "-");
  const name = config.split(/[\\/]/).at(-1)!.replace(/\.ya?ml$/, "");
  return `${time}-${name.replaceAll(/[^\w.-]/g, "_")}`;
}
