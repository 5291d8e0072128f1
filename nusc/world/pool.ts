/**
 * Spreads recording over threads. What is written does not depend on how
 * many there are or on which one does what.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { createRecorder, type Job, jobsOf } from "./jobs.ts";
import type { ScenePlan, World } from "./options.ts";
import type { Sighting } from "./record.ts";
import type { Answer } from "./worker.ts";

/** Sightings by scene and key frame. */
export type Sightings = Sighting[][][];

/** How a long piece of work is watched and stopped. */
export interface Watch {
  /** Ends the work; it throws the signal's reason. */
  signal?: AbortSignal;
  /** Called after every key frame. */
  onProgress?: (done: number, total: number) => void;
}

type OnFrame = (job: Job, frame: number, sightings: Sighting[]) => void;

/** Records all key frames of all scenes under `root`. */
export async function recordAll(
  root: string,
  world: World,
  plans: ScenePlan[],
  { signal, onProgress }: Watch,
): Promise<Sightings> {
  signal?.throwIfAborted();
  const jobs = jobsOf(plans);
  const total = plans.reduce((sum, plan) => sum + plan.frames, 0);
  const sightings: Sightings = plans.map(() => []);
  let done = 0;
  const onFrame: OnFrame = (job, frame, seen) => {
    sightings[jobs[job.id]!.scene]![frame] = seen;
    onProgress?.(++done, total);
  };
  const count = Math.min(world.workers, jobs.length);
  if (count > 1) await onThreads(count, root, world, jobs, onFrame, signal);
  else {
    const record = createRecorder(root, world);
    for (const job of jobs) {
      await record(job, (frame, seen) => {
        onFrame(job, frame, seen);
        signal?.throwIfAborted();
      });
    }
  }
  return sightings;
}

async function onThreads(
  count: number,
  root: string,
  world: World,
  jobs: Job[],
  onFrame: OnFrame,
  signal?: AbortSignal,
): Promise<void> {
  const threads: Worker[] = [];
  const queue = jobs.values();
  let finished = 0;
  const stop = Promise.withResolvers<void>();
  const abort = () => stop.reject(signal!.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for (let i = 0; i < count; i++) {
      const thread = new Worker(new URL("./worker.ts", import.meta.url), {
        type: "module",
      });
      threads.push(thread);
      thread.onerror = (event) => {
        event.preventDefault();
        stop.reject(new Error(`A generator thread failed: ${event.message}`));
      };
      thread.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.type === "frame") {
          if (signal?.aborted) return;
          onFrame(jobs[data.job]!, data.frame, data.sightings);
        } else if (data.type === "failed") {
          const message = `Cannot write the world: ${data.message}`;
          stop.reject(new DatasetError(message));
        } else {
          if (++finished === jobs.length) stop.resolve();
          give(thread, queue);
        }
      };
      thread.postMessage({ root, world });
      give(thread, queue);
    }
    await stop.promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    for (const thread of threads) thread.terminate();
  }
}

function give(thread: Worker, queue: Iterator<Job>): void {
  const { value, done } = queue.next();
  if (!done) thread.postMessage(value);
}
