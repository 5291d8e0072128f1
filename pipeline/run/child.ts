/**
 * The process of one stage. A process of its own, so that it can be stopped
 * whatever it computes, gives back all memory, and may crash alone.
 * @module
 */
import type { z } from "zod";
import type { Stage, StageContext, StageEvent } from "../stage.ts";
import { stampOf } from "../hash.ts";
import { decode, encode } from "../json.ts";
import { waitForLock } from "../store/lock.ts";
import { ABORT, type Job, lines, MARK, type Message } from "./protocol.ts";

const bytesOf = new TextEncoder();

function tell(message: Message): void {
  const bytes = bytesOf.encode(`${MARK}${encode(message)}\n`);
  try {
    for (let at = 0; at < bytes.length;) {
      at += Deno.stdout.writeSync(bytes.subarray(at));
    }
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) die(); // nobody listens
    throw error;
  }
}

/** Ends this process and all that it has started. */
function die(): never {
  if (Deno.build.os !== "windows") Deno.kill(-Deno.pid, "SIGKILL");
  Deno.exit(1);
}

/** Obeys what comes after the job; the end means that the pipeline is gone. */
async function listen(
  commands: AsyncGenerator<string>,
  controller: AbortController,
): Promise<never> {
  for await (const command of commands) {
    if (command === ABORT) interrupt(controller);
  }
  return die();
}

/**
 * A stage whose promises are all kept at once never lets the process read
 * `abort`. But it tells of its progress: then this looks for the file.
 */
function lookForStop(job: Job, controller: AbortController): void {
  const now = performance.now();
  if (controller.signal.aborted || now < nextLook) return;
  nextLook = now + 100;
  if (stampOf(job.stop)) interrupt(controller);
}

let nextLook = 0;

function interrupt(controller: AbortController): void {
  const reason = new DOMException("The run was interrupted", "AbortError");
  controller.abort(reason);
}

async function work(job: Job, controller: AbortController): Promise<void> {
  const { signal } = controller;
  const lock = await waitForLock(job.lock, "exclusive", {
    signal,
    onWait: () => {},
  });
  const { default: stage } = await import(job.url) as { default: Stage };
  // Parsed here: what schemas make of settings may not fit into JSON.
  const context: StageContext<z.output<Stage["config"]>> = {
    config: stage.config.parse(job.settings),
    inputs: job.inputs,
    output: job.output,
    scratch: job.scratch,
    signal,
    launch: job.launch,
    emit(event: StageEvent) {
      tell({ type: "event", event });
      lookForStop(job, controller);
    },
  };
  await stage.run(context);
  lock.close();
}

async function main(): Promise<void> {
  Deno.addSignalListener("SIGINT", () => {}); // the pipeline says `abort`
  const commands = lines(Deno.stdin.readable);
  const { value: first } = await commands.next();
  if (!first) return;
  const controller = new AbortController();
  listen(commands, controller);
  const job = decode(first) as Job;
  try {
    await work(job, controller);
    tell({ type: "done" });
  } catch (error) {
    const { name, message, stack = "" } = error instanceof Error
      ? error
      : new Error(String(error));
    tell({ type: "failed", name, message, stack });
    // Open MPI takes the end of one rank for that of all: the pipelines are
    // to hear the reason first, and end this process.
    if (job.launch && name !== "AbortError") await new Promise(() => {});
  }
  Deno.exit(0);
}

await main();
