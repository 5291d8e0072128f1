/**
 * One stage: locks, folders, its process, its artifact.
 * @module
 */
import { resolve } from "node:path";
import { toValue } from "../config/mod.ts";
import { DISK_FULL, isDiskFull } from "../disk.ts";
import type { Emit } from "../event.ts";
import type { Fingerprint } from "../fingerprint/mod.ts";
import { memoryHelp } from "../memory.ts";
import type { PlannedStage } from "../plan.ts";
import type { StageState } from "../state.ts";
import {
  askToStop,
  dropOutput,
  findArtifact,
  type Lock,
  openWork,
  publish,
  type Table,
  tryLock,
  waitForLock,
} from "../store/mod.ts";
import { type Listener, runJob, StageFailure } from "./process.ts";
import type { Job } from "./protocol.ts";
import type { Team } from "./team.ts";

/** An artifact of an upstream stage. */
export interface Input {
  stage: string;
  fingerprint: Fingerprint;
  folder: string;
  digest: string;
}

/** What a stage needs to run. */
export interface StageRun {
  stage: PlannedStage;
  state: StageState;
  /** By input name. */
  inputs: Record<string, Input>;
  /** Run although the artifact is there, from the beginning. */
  force: boolean;
  /** Hash files where the artifact is looked for. */
  verify: boolean;
  signal: AbortSignal;
  emit: Emit;
  /** Processes that may help. */
  team: Team | null;
  /** Called once the stage is about to start. */
  onStart: () => void;
}

/** Where the artifact lies, and whether this run made it. */
export type Made =
  & { folder: string; digest: string }
  & (
    | { status: "ran" }
    /** With the tables that its stage showed back then. */
    | { status: "cached"; tables: Table[] }
  );

/** Makes a stage's artifact. @throws {StageFailure} */
export async function runStage(run: StageRun): Promise<Made> {
  const { stage, state, force } = run;
  const print = state.fingerprint;
  using locks = new DisposableStack();
  locks.use(await takeLock(run, print, "exclusive", stage.name));
  // Another run may have made it while this one waited.
  const found = await findArtifact(stage.name, print, run.verify);
  if (found.status === "found" && !force) {
    return { ...found, status: "cached" };
  }
  const orphan = await takeLock(run, `${print}.child`, "exclusive", stage.name);
  orphan.close();
  for (const input of Object.values(run.inputs)) {
    locks.use(await takeLock(run, input.fingerprint, "shared", input.stage));
    await checkInput(input);
  }
  try {
    return await work(run, print);
  } catch (error) {
    tryLock(`${print}.child`, "exclusive")?.close(); // its holder has ended
    dropOutput(print);
    throw await explain(error, run.stage);
  }
}

function takeLock(
  { stage, signal, emit }: StageRun,
  name: string,
  kind: "shared" | "exclusive",
  maker: string,
): Promise<Lock> {
  return waitForLock(name, kind, {
    signal,
    onWait: () =>
      emit({
        type: "notice",
        level: "info",
        stage: stage.name,
        text: `Another run is making the artifact of ${maker}; waiting for it`,
      }),
  });
}

async function checkInput({ stage, fingerprint }: Input): Promise<void> {
  const found = await findArtifact(stage, fingerprint);
  if (found.status === "found") return;
  throw new StageFailure(
    `The artifact of ${stage} has vanished since this run began; run again`,
  );
}

async function work(run: StageRun, print: Fingerprint): Promise<Made> {
  const { stage, state, inputs, emit } = run;
  const folders = openWork(print, run.force);
  const { output, scratch, stop } = folders;
  run.signal.addEventListener("abort", () => askToStop(folders));
  const start = performance.now();
  run.onStart();
  const { settings } = stage.entry;
  const job: Job = {
    url: stage.url,
    settings: settings ? toValue(settings) ?? {} : {},
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { folder }]) => [
        name,
        resolve(folder),
      ]),
    ),
    output: resolve(output),
    scratch: resolve(scratch),
    stop: resolve(stop),
    lock: `${print}.child`,
  };
  const tables: Table[] = [];
  const listener: Listener = {
    onEvent(event) {
      if (event.type === "table") tables.push(event);
      emit({ type: "stage", stage: stage.name, event });
    },
    onOutput: (text) => emit({ type: "output", stage: stage.name, text }),
  };
  const { ranks } = stage.module;
  if (run.team && ranks) await run.team.run(job, ranks, run.signal, listener);
  else await runJob(job, run.signal, listener);
  const seconds = (performance.now() - start) / 1000;
  return { ...await publish(state, { seconds, tables }), status: "ran" };
}

/** A full disk, or too little memory, is told in words; other errors stay. */
async function explain(error: unknown, stage: PlannedStage): Promise<unknown> {
  if (isDiskFull(error)) return new StageFailure(DISK_FULL);
  if (!(error instanceof StageFailure)) return error;
  const help = await memoryHelp(error, stage);
  return help === null
    ? error
    : new StageFailure(`${error.message}\n${help}`, error.detail);
}
