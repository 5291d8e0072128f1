/**
 * Kernels of the tensorflow backend against tfjs's own on the CPU: values and
 * gradients, run at once, as one recorded function, and cut in two where the
 * incoming gradient is the late input.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { Tensors } from "../../../../engine/tensorflow/mod.ts";
import { random } from "../../../../models/mod.ts";
import { useTensorFlow } from "../../../support/backend.ts";

const engine = await useTensorFlow();

/** A function of tensors with one result. */
export type Fn = (...inputs: tf.Tensor[]) => tf.Tensor;

/** A kernel as it is used. */
export interface KernelCase {
  name: string;
  fn: Fn;
  /** The same in simpler operations, where tfjs's own kernel is wrong. */
  reference?: Fn;
  shapes: number[][];
  /** Of max|x - ref| / rms(ref). */
  bound?: number;
  /** Range of the input numbers; -1 to 1 where left out. */
  range?: [number, number];
  /** Whether it has a gradient; true where left out. */
  differentiable?: boolean;
}

/** Result and gradients by name, on the host. */
type Arrays = Record<string, { data: ArrayLike<number>; shape: number[] }>;

/** Registers one test. */
export function checkKernel(kernel: KernelCase): void {
  Deno.test(`${kernel.name} equals tfjs's on the CPU`, () => {
    const expected = on("cpu", () => reference(kernel));
    const runs = {
      eager: () => download(all(kernel, inputsOf(kernel))),
      compiled: () => compiled(kernel),
      split: () => split(kernel),
    };
    for (const [mode, run] of Object.entries(runs)) {
      compare(mode, on("tensorflow", run), expected, kernel.bound ?? 1e-5);
    }
  });
}

function on<T>(backend: string, body: () => T): T {
  const before = tf.getBackend();
  tf.setBackend(backend);
  try {
    return tf.engine().tidy(body as () => tf.TensorContainer) as T;
  } finally {
    tf.setBackend(before);
  }
}

/** Inputs, and the gradient that comes in. */
function inputsOf(kernel: KernelCase): Tensors {
  const { shapes, range: [low, high] = [-1, 1] } = kernel;
  const numbers = random(kernel.name);
  const fill = (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from(
      { length: size },
      () => low + (high - low) * numbers.uniform(),
    );
    return tf.tensor(data, shape);
  };
  const inputs: Tensors = {};
  shapes.forEach((shape, i) => inputs[`x${i}`] = fill(shape));
  if (kernel.differentiable !== false) {
    const { shape } = kernel.fn(...Object.values(inputs));
    inputs.dy = fill(shape);
  }
  return inputs;
}

function all({ fn }: KernelCase, { dy, ...inputs }: Tensors): Tensors {
  const xs = Object.values(inputs);
  if (!dy) return { y: fn(...xs) };
  const { value, grads } = tf.valueAndGrads(fn as never)(xs, dy);
  return {
    y: value,
    ...Object.fromEntries(grads.map((g, i) => [`dx${i}`, g])),
  };
}

function reference(kernel: KernelCase): Arrays {
  const { fn, reference = fn } = kernel;
  return download(all({ ...kernel, fn: reference }, inputsOf(kernel)));
}

function specsOf(inputs: Tensors) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, { shape }]),
  );
}

function compiled(kernel: KernelCase): Arrays {
  const inputs = inputsOf(kernel);
  const fn = engine.compile((x) => all(kernel, x), specsOf(inputs));
  const arrays = download(fn.run(inputs));
  fn.dispose();
  return arrays;
}

function split(kernel: KernelCase): Arrays {
  const inputs = inputsOf(kernel);
  const fn = engine.compileSplit(
    (x) => {
      const { y, ...late } = all(kernel, x);
      return {
        early: { y: y! },
        late: { ...late, again: tf.cast(y!, "float32") },
      };
    },
    specsOf(inputs),
    inputs.dy ? ["dy"] : [],
  );
  const { dy, ...xs } = inputs;
  const { outputs, saved } = fn.early(xs);
  const { again, ...late } = fn.late(saved, dy ? { dy, ...xs } : xs);
  assert.deepEqual([...again!.dataSync()], [...outputs.y!.dataSync()]);
  const arrays = download({ ...outputs, ...late });
  fn.dispose();
  return arrays;
}

function download(tensors: Tensors): Arrays {
  return Object.fromEntries(
    Object.entries(tensors).map((
      [name, t],
    ) => [name, { data: t.dataSync(), shape: t.shape }]),
  );
}

function compare(
  mode: string,
  actual: Arrays,
  expected: Arrays,
  bound: number,
): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, { data, shape }] of Object.entries(expected)) {
    const found = actual[name]!;
    assert.deepEqual(found.shape, shape, `${mode}: shape of ${name}`);
    let worst = 0;
    let squares = 0;
    for (let i = 0; i < data.length; i++) {
      const off = Math.abs(found.data[i]! - data[i]!);
      if (!(off <= worst)) worst = off; // a NaN stays
      squares += data[i]! ** 2;
    }
    const rms = Math.sqrt(squares / Math.max(data.length, 1));
    const error = worst === 0 ? 0 : worst / rms;
    assert.ok(error <= bound, `${mode}: ${name} is off by ${error} (${bound})`);
  }
}
