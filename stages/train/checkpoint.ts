/**
 * The state of an interrupted training, in one safetensors file: weights,
 * optimizer moments, memory queue, stream poses and the iteration. The
 * sampler and all random draws follow from the iteration.
 * @module
 */
import {
  parseSafetensors,
  safetensorsMetadata,
  writeSafetensors,
} from "../../models/mod.ts";
import type { StreamPose } from "./batch.ts";

/** An array as it lies in memory: row-major, convolutions HWIO. */
export interface HostArray {
  data: Float32Array | Float64Array | Int32Array;
  shape: number[];
}

/** What of it is the training step's own. */
export interface StepperState {
  /** Optimizer steps done (skipped ones do not count). */
  step: number;
  /** Batches seen, skipped ones included. */
  passes: number;
  /** Loss scale, finite steps at it, overflows in a row. */
  scale: [number, number, number];
  /** `weight.…`, `mean.…`, `variance.…`, `memory.…` by name. */
  tensors: Record<string, HostArray>;
}

/** All that a run needs to go on as if nothing had happened. */
export interface TrainState extends StepperState {
  /** Iterations done. */
  iteration: number;
  /** Times that the run went back to a checkpoint after a divergence. */
  rollbacks: number;
  /** Pose of each stream's last frame. */
  poses: StreamPose[];
}

const FILE = "checkpoint.safetensors";

/** Writes the state so that a reader sees the old or the new file, whole. */
export async function saveState(
  folder: string,
  state: TrainState,
): Promise<void> {
  const arrays = new Map(Object.entries(state.tensors));
  state.poses.forEach((pose, b) =>
    arrays.set(`pose/${b}`, { data: pose.globalFromLidar, shape: [4, 4] })
  );
  const bytes = writeSafetensors(arrays, {
    format: "streampetr-train-state",
    iteration: String(state.iteration),
    rollbacks: String(state.rollbacks),
    step: String(state.step),
    passes: String(state.passes),
    scale: JSON.stringify(state.scale),
    timestamps: JSON.stringify(state.poses.map((pose) => pose.timestampUs)),
  });
  await writeAtomically(`${folder}/${FILE}`, bytes);
}

/** The last saved state, or null where there is none. */
export async function loadState(folder: string): Promise<TrainState | null> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(`${folder}/${FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const all = parseSafetensors(bytes);
  const metadata = safetensorsMetadata(bytes);
  const timestamps: number[] = JSON.parse(metadata.timestamps!);
  const tensors: Record<string, HostArray> = {};
  for (const [name, { data, shape }] of all) {
    if (name.startsWith("pose/")) continue;
    tensors[name] = { data: data as HostArray["data"], shape: [...shape] };
  }
  return {
    iteration: Number(metadata.iteration),
    rollbacks: Number(metadata.rollbacks),
    step: Number(metadata.step),
    passes: Number(metadata.passes),
    scale: JSON.parse(metadata.scale!),
    tensors,
    poses: timestamps.map((timestampUs, b) => ({
      timestampUs,
      globalFromLidar: all.get(`pose/${b}`)!.data as Float64Array,
    })),
  };
}

/** Writes beside the file, flushes, then renames over it. */
export async function writeAtomically(
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const partial = `${path}.partial`;
  using file = await Deno.open(partial, {
    write: true,
    create: true,
    truncate: true,
  });
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
  await file.syncData();
  await Deno.rename(partial, path);
}
