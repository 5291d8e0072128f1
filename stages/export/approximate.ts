/**
 * How far a network of smaller numbers is from the trained one: by root mean
 * squares, since single numbers stray.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import {
  type HeadConfig,
  memoryFields,
  type Tensors,
} from "../../models/mod.ts";
import { type Exported, rms } from "./compare.ts";

/**
 * rms(a − b) / rms(b) by output. Which queries are remembered hangs on the
 * last digits of their scores: of the memory's newest rows, the median
 * distance to the nearest row of the other network counts, so that at least
 * half of them have to be there.
 */
export function compareRoughly(
  exported: Exported,
  wanted: Tensors,
  head: HeadConfig,
): Record<string, number> {
  const codes = data(wanted.boxCodes!);
  const all: Record<string, number> = {
    classScores: distance(exported.logits, data(wanted.classScores!)),
    boxCodes: distance(exported.codes, codes),
  };
  for (const field of memoryFields(head)) {
    const a = exported.memory[`memory.${field}`]!.data as Float32Array;
    const tensor = wanted[`next.${field}`]!;
    const b = data(tensor);
    const width = b.length / tensor.shape[1]!;
    const fresh = head.topk * width;
    // Where all objects stand still, velocities are but rounding.
    const scale = field === "velocity" ? rms(codes) : rms(b);
    all[`memory.${field}`] = distance(a.subarray(fresh), b.subarray(fresh), {
      scale,
    });
    if (fresh === 0) continue;
    all[`next.${field}`] = medianNearest(
      a.subarray(0, fresh),
      b.subarray(0, fresh),
      { width, scale },
    );
  }
  return all;
}

/** The same without the names. */
export function roughDifferences(
  ...frames: Parameters<typeof compareRoughly>
): number[] {
  return Object.values(compareRoughly(...frames));
}

function data(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync() as Float32Array;
}

/** rms(a − b) / scale. */
function distance(
  a: Float32Array,
  b: Float32Array,
  { scale = rms(b) }: { scale?: number } = {},
): number {
  if (a.length === 0) return 0;
  return rms(a.map((x, i) => x - b[i]!)) / (scale || 1);
}

/** Half of the rows of a have a row of b as near as this. */
function medianNearest(
  a: Float32Array,
  b: Float32Array,
  { width, scale }: { width: number; scale: number },
): number {
  const rows = (x: Float32Array) =>
    Array.from(
      { length: x.length / width },
      (_, i) => x.subarray(i * width, (i + 1) * width),
    );
  const others = rows(b);
  const nearest = rows(a)
    .map((row) =>
      Math.min(...others.map((other) => distance(row, other, { scale })))
    )
    .sort((x, y) => x - y);
  // One that is not a number has no order.
  return nearest.some(Number.isNaN)
    ? NaN
    : nearest[Math.floor(nearest.length / 2)]!;
}
