/**
 * Compares what ONNX Runtime computes with what tfjs computes.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  exportOnnx,
  type ExportOptions,
  type Numbers,
  openSession,
  type Spec,
  type Tensors,
} from "../../../engine/onnx/mod.ts";

/** A function of tensors, as the exporter takes it. */
export type Fn = (inputs: Tensors) => Tensors;

/** Reproducible numbers in [-1, 1). */
export function numbers(size: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Reproducible float32 input in [-1, 1), times a scale. */
export function random(shape: number[], seed = 1, scale = 1): Numbers {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: numbers(size, seed).map((x) => x * scale), shape };
}

/** An int32 input. */
export function ints(values: number[], shape = [values.length]): Numbers {
  return { data: Int32Array.from(values), shape };
}

/** A float32 input. */
export function floats(values: number[], shape = [values.length]): Numbers {
  return { data: Float32Array.from(values), shape };
}

/** A boolean input. */
export function bools(values: number[], shape = [values.length]): Numbers {
  return { data: Uint8Array.from(values), shape };
}

function dtypeOf({ data }: Numbers): NonNullable<Spec["dtype"]> {
  if (data instanceof Int32Array) return "int32";
  return data instanceof Uint8Array ? "bool" : "float32";
}

/** Specs that fit given inputs. */
export function specsOf(inputs: Record<string, Numbers>): Record<string, Spec> {
  return Object.fromEntries(
    Object.entries(inputs)
      .map(([name, x]) => [name, { shape: x.shape, dtype: dtypeOf(x) }]),
  );
}

/** What tfjs' own CPU backend computes. */
export function onCpu(
  fn: Fn,
  inputs: Record<string, Numbers>,
): Record<string, Numbers> {
  void tf.setBackend("cpu");
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => [
        name,
        tf.tensor(x.data as Float32Array, [...x.shape], dtypeOf(x)),
      ]),
    );
    return Object.fromEntries(
      Object.entries(fn(tensors)).map(([name, y]) => [
        name,
        { data: y.dataSync() as Float32Array, shape: y.shape },
      ]),
    ) as unknown as Tensors;
  }) as unknown as Record<string, Numbers>;
}

/** What the exported model computes. */
export async function onOnnx(
  fn: Fn,
  inputs: Record<string, Numbers>,
  options: ExportOptions = {},
): Promise<Record<string, Numbers>> {
  const model = exportOnnx(fn, specsOf(inputs), options);
  const session = await openSession(model, { threads: 1 });
  try {
    return await session.run(inputs);
  } finally {
    await session.close();
  }
}

/** Largest difference over the reference's root mean square. */
export function errorOf(actual: Numbers, expected: Numbers): number {
  assert.deepEqual([...actual.shape], [...expected.shape], "shape");
  let worst = 0;
  let squares = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, e] = [Number(actual.data[i]), Number(expected.data[i])];
    if (Object.is(a, e) || a === e) {
      squares += Number.isFinite(e) ? e * e : 0;
      continue;
    }
    worst = Math.max(worst, Number.isNaN(a - e) ? Infinity : Math.abs(a - e));
    squares += e * e;
  }
  return worst / (Math.sqrt(squares / expected.data.length) || 1);
}

/** Exports, runs and compares with tfjs' CPU backend. */
export async function agree(
  fn: Fn,
  inputs: Record<string, Numbers>,
  bound = 1e-6,
  options: ExportOptions = {},
): Promise<void> {
  const expected = onCpu(fn, inputs);
  const actual = await onOnnx(fn, inputs, options);
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    const error = errorOf(actual[name], value);
    assert.ok(error <= bound, `${name}: error ${error} above ${bound}`);
  }
}
