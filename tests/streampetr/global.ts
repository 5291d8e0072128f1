/**
 * The memory in the terms of the reference: points and poses in the global
 * frame, times absolute and negative.
 * @module
 */
import type { Memory } from "../../models/streampetr/types.ts";
import { type Matrix4, multiply } from "../../nusc/loader/mod.ts";
import type { PlainArray } from "../support/golden.ts";

/**
 * Turns a queue of B samples, in float64.
 * @param poses B matrices: global from the LiDAR frame of the queue.
 * @param times B absolute times of the queue, seconds.
 */
export function globalMemory(
  memory: Memory,
  poses: readonly Matrix4[],
  times: readonly number[],
): Record<keyof Memory, PlainArray> {
  const rows = memory.embedding.shape[1]!;
  const plain = (field: keyof Memory): PlainArray => ({
    data: memory[field].dataSync(),
    shape: memory[field].shape,
  });
  const each = (
    field: keyof Memory,
    width: number,
    turn: (row: Float64Array, sample: number) => ArrayLike<number>,
  ): PlainArray => {
    const { data, shape } = plain(field);
    const out = Float64Array.from(data);
    for (let i = 0; i < out.length / width; i++) {
      const row = out.slice(i * width, (i + 1) * width);
      out.set(turn(row, Math.floor(i / rows)), i * width);
    }
    return { data: out, shape };
  };
  return {
    embedding: plain("embedding"),
    velocity: plain("velocity"),
    timestamp: each("timestamp", 1, ([age], b) => [age! - times[b]!]),
    egoPose: each(
      "egoPose",
      16,
      (pose, b) => multiply(poses[b]!, pose),
    ),
    referencePoint: each("referencePoint", 3, ([x, y, z], b) => {
      const m = poses[b]!;
      return [0, 4, 8].map((i) =>
        m[i]! * x! + m[i + 1]! * y! + m[i + 2]! * z! + m[i + 3]!
      );
    }),
  };
}
