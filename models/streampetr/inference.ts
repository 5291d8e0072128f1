/**
 * The network as one step over named tensors: what is exported and deployed.
 *
 * | input | shape | meaning |
 * | --- | --- | --- |
 * | images | [B·N, H, W, 3] | normalised pixels |
 * | lidarFromImage | [B, N, 4, 4] | (u·d, v·d, d, 1) to LiDAR metres |
 * | imageFromLidar, cameraFromLidar | [B, N, 4, 4] | instead, where the head projects |
 * | focal | [B, N, 2] | fx, fy in input pixels |
 * | currentFromPrevious | [B, 4, 4] | this LiDAR frame from the last one's |
 * | deltaSeconds | [B] | time since the last frame |
 * | prevExists | [B] | 0 where a scene begins, else 1 |
 * | memory.… | | what the last step gave as next.…, or zeros |
 *
 * Heads without memory take no motion, no time and no memory, and give none.
 *
 * Outputs are `classScores` [B, Q+P, classes] (logits), `boxCodes`
 * [B, Q+P, 10] of the last decoder layer and `next.…`, the new memory.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE, type Params, type Tensors } from "../module.ts";
import type { HeadConfig } from "./config.ts";
import type { Detector } from "./detector.ts";
import { MEMORY_FIELDS, memoryShapes } from "./memory.ts";
import type { FrameInputs, Memory } from "./types.ts";

/** Shapes of all inputs, by name. @param cameras N */
export function stepShapes(
  head: HeadConfig,
  size: { height: number; width: number },
  batch = 1,
  cameras = 6,
): Record<string, { shape: number[] }> {
  const shapes: Record<string, { shape: number[] }> = {
    ...frameShapes(size, batch, cameras, head),
  };
  for (const [field, shape] of Object.entries(memoryShapes(head, batch))) {
    shapes[`memory.${field}`] = { shape };
  }
  return shapes;
}

/** Shapes of a frame's inputs, by name. */
export function frameShapes(
  { height, width }: { height: number; width: number },
  batch: number,
  cameras: number,
  { geometry = "rays", memory = 1 }: Partial<
    Pick<HeadConfig, "geometry" | "memory">
  > = {},
): Record<string, { shape: number[] }> {
  const matrices = GEOMETRY[geometry].map((name) =>
    [name, { shape: [batch, cameras, 4, 4] }] as const
  );
  return {
    images: { shape: [batch * cameras, height, width, 3] },
    ...Object.fromEntries(matrices),
    focal: { shape: [batch, cameras, 2] },
    ...memory > 0 && {
      currentFromPrevious: { shape: [batch, 4, 4] },
      deltaSeconds: { shape: [batch] },
      prevExists: { shape: [batch] },
    },
  };
}

/** The memory among named tensors; without fields where there is none. */
export function memoryOf(tensors: Tensors, prefix = "memory."): Memory {
  return Object.fromEntries(
    MEMORY_FIELDS.filter((field) => `${prefix}${field}` in tensors)
      .map((field) => [field, tensors[`${prefix}${field}`]!]),
  ) as unknown as Memory;
}

/** A memory as named tensors. */
export function namedMemory(memory: Memory, prefix = "next."): Tensors {
  return Object.fromEntries(
    MEMORY_FIELDS.filter((field) => field in memory)
      .map((field) => [`${prefix}${field}`, memory[field]]),
  );
}

/** Matrices of the cameras that a head takes, by the way it sees images. */
export const GEOMETRY = {
  rays: ["lidarFromImage"],
  projections: ["imageFromLidar", "cameraFromLidar"],
} as const satisfies Record<string, readonly (keyof FrameInputs)[]>;

/** One step of inference as a function of named tensors. */
export function inferenceStep(
  detector: Detector,
  params: Params,
): (inputs: Tensors) => Tensors {
  return (inputs) => {
    const frame = inputs as unknown as FrameInputs;
    const features = detector.features(params, frame, INFERENCE);
    const { predictions, memory } = detector.detect(
      params,
      features,
      frame,
      memoryOf(inputs),
      null,
      INFERENCE,
    );
    return {
      classScores: lastLayer(predictions.classScores),
      boxCodes: lastLayer(predictions.boxCodes),
      ...namedMemory(memory),
    };
  };
}

/** [L, B, n, c] → [B, n, c] */
function lastLayer(x: tf.Tensor): tf.Tensor {
  const [L, B, n, c] = x.shape as [number, number, number, number];
  return tf.reshape(tf.slice(x, [L - 1, 0, 0, 0], [1, B, n, c]), [B, n, c]);
}
