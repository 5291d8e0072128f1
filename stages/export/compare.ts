/**
 * How far the exported network is from the trained one.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Numbers } from "../../engine/onnx/mod.ts";
import {
  type HeadConfig,
  memoryFields,
  type Tensors,
} from "../../models/mod.ts";

/** What the exported network gave for a frame. */
export interface Exported {
  logits: Float32Array;
  codes: Float32Array;
  /** By input name. */
  memory: Record<string, Numbers>;
}

/** Tensors as ONNX Runtime takes them. */
export function numbersOf(tensors: Tensors): Record<string, Numbers> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, {
      data: tensor.dataSync() as Float32Array,
      shape: tensor.shape,
    }]),
  );
}

/** A frame of the trained network, in the form of the exported one's. */
export function exportedOf(frame: Tensors, head: HeadConfig): Exported {
  const next = memoryFields(head).map((
    field,
  ) => [`memory.${field}`, frame[`next.${field}`]!] as const);
  return {
    logits: data(frame.classScores!),
    codes: data(frame.boxCodes!),
    memory: numbersOf(Object.fromEntries(next)),
  };
}

/**
 * max |a − b| / rms(b) of predictions and of the new memory. Of the memory's
 * newest K rows, each column is compared as a sorted list, since equal scores
 * have no order; not at all where the K-th score has an equal one behind it,
 * since then either query may be kept.
 */
export function differences(
  exported: Exported,
  wanted: Tensors,
  head: HeadConfig,
): number[] {
  const { topk, classes } = head;
  const logits = data(wanted.classScores!);
  const all = [
    relative(exported.logits, logits),
    relative(exported.codes, data(wanted.boxCodes!)),
  ];
  const decided = isDecided(logits, classes, topk);
  const codes = rms(data(wanted.boxCodes!));
  for (const field of memoryFields(head)) {
    const a = exported.memory[`memory.${field}`]!.data as Float32Array;
    const tensor = wanted[`next.${field}`]!;
    const b = data(tensor);
    const width = b.length / tensor.shape[1]!;
    const fresh = topk * width;
    // Velocities are columns of the box codes, and have their rounding: where
    // all objects stand still, they are nothing but that.
    const scale = field === "velocity" ? codes : undefined;
    all.push(relative(a.subarray(fresh), b.subarray(fresh), scale));
    if (!decided) continue;
    all.push(relative(
      sortedColumns(a.subarray(0, fresh), width),
      sortedColumns(b.subarray(0, fresh), width),
      scale,
    ));
  }
  return all;
}

function data(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync() as Float32Array;
}

/** Whether the K best queries are clearly better than the next one. */
function isDecided(
  logits: Float32Array,
  classes: number,
  topk: number,
): boolean {
  const best = Float32Array.from(
    { length: logits.length / classes },
    (_, i) => Math.max(...logits.subarray(i * classes, (i + 1) * classes)),
  ).sort().reverse();
  return topk >= best.length || best[topk - 1]! - best[topk]! > 1e-4;
}

/** [rows, width] → columns one after the other, each sorted. */
function sortedColumns(rows: Float32Array, width: number): Float32Array {
  const count = rows.length / width;
  const out = new Float32Array(rows.length);
  for (let column = 0; column < width; column++) {
    const values = Float32Array.from(
      { length: count },
      (_, row) => rows[row * width + column]!,
    ).sort();
    out.set(values, column * count);
  }
  return out;
}

/** max |a − b| / rms(b); all zeros are as far from b as a is large. */
function relative(
  a: Float32Array,
  b: Float32Array,
  scale: number = rms(b),
): number {
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  }
  return worst / (scale || 1);
}

/** Root mean square. */
export function rms(values: Float32Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares / values.length);
}
