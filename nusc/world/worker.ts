/**
 * A thread of the generator: does the jobs that it is sent.
 * @module
 */
import { createRecorder, type Job, type Recorder } from "./jobs.ts";
import type { World } from "./options.ts";
import type { Sighting } from "./record.ts";

/** What a thread is told once, before its first job. */
export interface Setup {
  root: string;
  world: World;
}

/** What a thread answers: a key frame done, or why it cannot go on. */
export type Answer =
  | { type: "frame"; job: number; frame: number; sightings: Sighting[] }
  | { type: "done"; job: number }
  | { type: "failed"; job: number; message: string };

interface Port {
  onmessage: ((event: MessageEvent<Setup | Job>) => void) | null;
  postMessage(answer: Answer): void;
}

const port = globalThis as unknown as Port;
let record: Recorder | undefined;

async function work(job: Job): Promise<void> {
  await record!(job, (frame, sightings) => {
    port.postMessage({ type: "frame", job: job.id, frame, sightings });
  });
  port.postMessage({ type: "done", job: job.id });
}

port.onmessage = ({ data }) => {
  if ("root" in data) {
    record = createRecorder(data.root, data.world);
    return;
  }
  work(data).catch((error) => {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: "failed", job: data.id, message });
  });
};
