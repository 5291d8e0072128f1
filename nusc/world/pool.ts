/**
 * Spreads recording over threads. What is written does not depend on how
 * many there are or on which one does what.
 * @module
 */
import { DatasetError } from "../errors.ts";
import type { ScenePlan, World } from "./options.ts";
import type { Sighting } from "./record.ts";
import type { Answer, Job } from "./worker.ts";

/** Key frames of a job: small enough to keep all threads busy to the end. */
const STRETCH = 10;

/** Sightings by scene and key frame. */
export type Sightings = Sighting[][][];

/** How a long piece of work is watched and stopped. */
export interface Watch {
  signal?: AbortSignal;
  /** Called after every key frame. */
  onProgress?: (done: number, total: number) => void;
}

function jobsOf(plans: ScenePlan[]): (Job & { scene: number })[] {
  const jobs: (Job & { scene: number })[] = [];
  plans.forEach((plan, scene) => {
    for (let from = 0; from < plan.frames; from += STRETCH) {
      const to = Math.min(plan.frames, from + STRETCH);
      jobs.push({ id: jobs.length, plan, from, to, scene });
    }
  });
  return jobs;
}

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
  const threads: Worker[] = [];
  let done = 0, next = 0, finished = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), {
        once: true,
      });
      if (jobs.length === 0) resolve();
      const count = Math.min(world.workers, jobs.length);
      for (let i = 0; i < count; i++) {
        const thread = startThread(root, world);
        threads.push(thread);
        const give = () => {
          const job = jobs[next++];
          if (job) thread.postMessage(job);
        };
        thread.onerror = (event) => {
          event.preventDefault();
          reject(new Error(`A generator thread failed: ${event.message}`));
        };
        thread.onmessage = ({ data }: MessageEvent<Answer>) => {
          if (data.type === "failed") {
            reject(new DatasetError(`Cannot write the world: ${data.message}`));
          } else if (data.type === "frame") {
            sightings[jobs[data.job]!.scene]![data.frame] = data.sightings;
            onProgress?.(++done, total);
          } else if (++finished === jobs.length) resolve();
          else give();
        };
        give();
      }
    });
  } finally {
    for (const thread of threads) thread.terminate();
  }
  return sightings;
}

function startThread(root: string, world: World): Worker {
  const thread = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
  });
  thread.postMessage({ root, world });
  return thread;
}
