/**
 * Starts a stage's process, listens to it, and sees to it that nothing that
 * it started outlives it.
 * @module
 */
import { fileURLToPath } from "node:url";
import { isDiskFull } from "../disk.ts";
import { encode } from "../json.ts";
import type { StageEvent } from "../stage.ts";
import { ABORT, type Job, lines, type Message, parseLine } from "./protocol.ts";

/** A stage that did not succeed. */
export class StageFailure extends Error {
  override readonly name = "StageFailure";
  /** @param detail for bugs: a stack trace, or the last lines printed */
  constructor(message: string, readonly detail?: string) {
    super(message);
  }
}

/** A stage that has stopped because it was asked to. */
export class StageStopped extends StageFailure {}

/** What a supervisor of a stage's process wants to know. */
export interface Listener {
  onEvent(event: StageEvent): void;
  onOutput(text: string): void;
  /** In a launch, a stage that has failed waits to be ended. */
  onFailure?(failure: StageFailure): void;
}

const running = new Set<number>();

/** Ends all stages' processes, and what these have started, at once. */
export function killChildren(): void {
  for (const pid of running) killGroup(pid);
}

function killGroup(pid: number): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, "SIGKILL");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof TypeError) return; // has ended already
    throw error;
  }
}

/** Runs a job to its end. @throws {StageFailure} */
export async function runJob(
  job: Job,
  signal: AbortSignal,
  listener: Listener,
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions(), "--config", CONFIG, CHILD],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A group of its own: a terminal's Ctrl+C reaches only the pipeline.
    detached: Deno.build.os !== "windows",
  }).spawn();
  running.add(child.pid);
  const input = child.stdin.getWriter();
  const say = (line: string) =>
    input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  const abort = () => say(ABORT);
  say(encode(job));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    const tail: string[] = [];
    // What it started goes with it, or would keep its output open.
    child.status.then(() => killGroup(child.pid));
    const [end] = await Promise.all([
      readMessages(child.stdout, listener, tail),
      readOutput(child.stderr, listener, tail),
    ]);
    judge(end, await child.status, tail);
  } finally {
    signal.removeEventListener("abort", abort);
    input.close().catch(() => {});
    killGroup(child.pid);
    running.delete(child.pid);
  }
}

/** The stage's last word, if it had one. */
async function readMessages(
  stream: ReadableStream<Uint8Array>,
  listener: Listener,
  tail: string[],
): Promise<Message | null> {
  let end: Message | null = null;
  for await (const line of lines(stream)) {
    const { text, message } = parseLine(line);
    if (text) note(text, listener, tail);
    if (message?.type === "event") listener.onEvent(message.event);
    else if (message) end = message;
    if (message?.type === "failed" && message.name !== "AbortError") {
      listener.onFailure?.(failureOf(message));
    }
  }
  return end;
}

async function readOutput(
  stream: ReadableStream<Uint8Array>,
  listener: Listener,
  tail: string[],
): Promise<void> {
  for await (const line of lines(stream)) note(line, listener, tail);
}

function note(text: string, { onOutput }: Listener, tail: string[]): void {
  onOutput(text);
  tail.push(text);
  if (tail.length > 20) tail.shift();
}

/** Returns if the stage succeeded. */
function judge(
  end: Message | null,
  status: Deno.CommandStatus,
  tail: string[],
): void {
  if (end?.type === "done") return;
  if (end?.type === "failed") throw failureOf(end);
  const how = status.signal ?? `exit code ${status.code}`;
  const hint = status.signal === "SIGKILL"
    ? "; the system ends processes so when memory runs out"
    : "";
  throw new StageFailure(
    `Its process ended with ${how}${hint}`,
    tail.join("\n"),
  );
}

function failureOf(
  { name, message, stack }: Message & { type: "failed" },
): StageFailure {
  if (name === "AbortError") return new StageStopped(message);
  const isUsers = name === "UserError" || isDiskFull(message);
  return new StageFailure(message, isUsers ? undefined : stack);
}

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** The permissions of this process, for its children. */
function permissions(): string[] {
  const granted = PERMISSIONS.filter((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
  // Some paths, such as /proc, ask for `--allow-all` by name.
  return granted.length === PERMISSIONS.length
    ? ["--allow-all"]
    : granted.map((name) => `--allow-${name}`);
}

const PERMISSIONS = [
  "read",
  "write",
  "env",
  "run",
  "ffi",
  "sys",
  "net",
  "import",
] as const;
