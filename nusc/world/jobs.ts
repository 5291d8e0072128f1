/**
 * The unit of work that threads share: a stretch of a scene's key frames.
 * @module
 */
import type { ScenePlan, World } from "./options.ts";
import { openDarkroom, recordFrame, type Sighting } from "./record.ts";
import { buildScene, type Scene } from "./scene.ts";

/** Key frames [from, to) of a scene. */
export interface Job {
  id: number;
  plan: ScenePlan;
  from: number;
  to: number;
}

/** Key frames of a job: few enough to keep all threads busy to the end. */
const STRETCH = 10;

/** All jobs of the scenes, and the scene's index of each. */
export function jobsOf(plans: ScenePlan[]): (Job & { scene: number })[] {
  const jobs: (Job & { scene: number })[] = [];
  plans.forEach((plan, scene) => {
    for (let from = 0; from < plan.frames; from += STRETCH) {
      const to = Math.min(plan.frames, from + STRETCH);
      jobs.push({ id: jobs.length, plan, from, to, scene });
    }
  });
  return jobs;
}

/** Does jobs one after the other; keeps buffers and the last scene. */
export type Recorder = (
  job: Job,
  onFrame: (frame: number, sightings: Sighting[]) => void,
) => Promise<void>;

/** A recorder that writes under `root`, whose folders exist. */
export function createRecorder(root: string, world: World): Recorder {
  const darkroom = openDarkroom(world);
  let scene: Scene | undefined;
  return async ({ plan, from, to }, onFrame) => {
    if (scene?.name !== plan.name) {
      scene = buildScene(world, plan.name, plan.frames);
    }
    for (let frame = from; frame < to; frame++) {
      onFrame(frame, await recordFrame(root, world, scene, frame, darkroom));
    }
  };
}
