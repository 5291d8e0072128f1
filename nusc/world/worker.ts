/**
 * A thread of the generator: records the stretches of scenes it is told to.
 * @module
 */
import type { ScenePlan, World } from "./options.ts";
import { type Darkroom, openDarkroom, recordFrame } from "./record.ts";
import type { Sighting } from "./record.ts";
import { buildScene, type Scene } from "./scene.ts";

/** Key frames [from, to) of a scene. */
export interface Job {
  id: number;
  plan: ScenePlan;
  from: number;
  to: number;
}

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
let setup: Setup | undefined;
let darkroom: Darkroom | undefined;
let scene: Scene | undefined;

async function work(job: Job): Promise<void> {
  const { root, world } = setup!;
  darkroom ??= openDarkroom(world);
  if (scene?.name !== job.plan.name) {
    scene = buildScene(world, job.plan.name, job.plan.frames);
  }
  for (let frame = job.from; frame < job.to; frame++) {
    const sightings = await recordFrame(root, world, scene, frame, darkroom);
    port.postMessage({ type: "frame", job: job.id, frame, sightings });
  }
  port.postMessage({ type: "done", job: job.id });
}

port.onmessage = ({ data }) => {
  if ("root" in data) {
    setup = data;
    return;
  }
  work(data).catch((error) => {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: "failed", job: data.id, message });
  });
};
