/**
 * Recorded arrays of the original code: reading, regenerating, comparing.
 *
 * The set in tests/golden/streampetr is used unless GOLDEN_STREAMPETR names
 * the folder of another one.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { ParamSpec, ParamSpecs } from "../../models/module.ts";
import { toMemory } from "../../models/weights/layout.ts";
import {
  type ArrayData,
  parseSafetensors,
} from "../../models/weights/safetensors.ts";

const FOLDER = Deno.env.get("GOLDEN_STREAMPETR") ??
  new URL("../golden/streampetr", import.meta.url).pathname;

/** Prefix of all generated names of the set. */
export const PREFIX: string = JSON.parse(
  Deno.readTextFileSync(`${FOLDER}/set.json`),
).prefix;

/** Numbers with a shape. */
export interface GoldenArray {
  data: ArrayData;
  shape: readonly number[];
}

/** A comparison, for the table at the end. */
export interface Row {
  fixture: string;
  array: string;
  error: number;
  bound: number;
}

/** All comparisons of this process. */
export const rows: Row[] = [];

async function readMaybeGzipped(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch {
    const file = await Deno.open(`${path}.gz`);
    const stream = file.readable.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
}

/** The text of a JSON file of the set. */
export async function goldenJson(name: string): Promise<unknown> {
  const bytes = await readMaybeGzipped(`${FOLDER}/${name}`);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Opens a fixture such as `unit_pe`. */
export async function openGolden(fixture: string): Promise<Golden> {
  const bytes = await readMaybeGzipped(`${FOLDER}/${fixture}.safetensors`);
  const json = await goldenJson(`${fixture}.json`) as Record<string, unknown>;
  return new Golden(fixture, parseSafetensors(bytes).tensors, json);
}

/** A fixture's arrays. */
export class Golden {
  /** Keys that no check has looked at. */
  readonly unseen: Set<string>;

  constructor(
    readonly fixture: string,
    readonly arrays: Map<string, GoldenArray>,
    readonly json: Record<string, unknown>,
  ) {
    this.unseen = new Set(arrays.keys());
  }

  keys(): string[] {
    return [...this.arrays.keys()];
  }

  has(key: string): boolean {
    return this.arrays.has(key);
  }

  array(key: string): GoldenArray {
    const array = this.arrays.get(key);
    if (!array) throw new Error(`${this.fixture} has no array ${key}`);
    this.unseen.delete(key);
    return array;
  }

  /** The array as a float32 or int32 tensor. */
  tensor(key: string): tf.Tensor {
    const { data, shape } = this.array(key);
    return data instanceof Int32Array
      ? tf.tensor(data, [...shape], "int32")
      : tf.tensor(Float32Array.from(data as Float32Array), [...shape]);
  }

  /**
   * Asserts max|x − ref| / rms(ref) ≤ bound for `key`, or for its `#sample`
   * and `#sums` where the recording is too large to be kept whole.
   */
  check(key: string, actual: tf.Tensor | GoldenArray, bound: number): void {
    const { data, shape } = host(actual);
    if (this.has(key)) {
      const reference = this.array(key);
      sameSize(`${this.fixture} ${key}`, shape, reference.shape);
      this.record(key, distance(data, reference.data), bound);
      return;
    }
    const stride = Number(this.array(`${key}#stride`).data[0]);
    const wanted = [...this.array(`${key}#shape`).data].map(Number);
    sameSize(`${this.fixture} ${key}`, shape, wanted);
    const sample = this.array(`${key}#sample`).data;
    const picked = Float64Array.from(
      { length: sample.length },
      (_, i) => Number(data[i * stride]),
    );
    this.record(`${key}#sample`, distance(picked, sample), bound);
    const sums = this.array(`${key}#sums`).data as Float64Array;
    let [sum, abs] = [0, 0];
    for (const value of data) {
      sum += Number(value);
      abs += Math.abs(Number(value));
    }
    const error = Math.max(Math.abs(sum - sums[0]!), Math.abs(abs - sums[1]!));
    this.record(`${key}#sums`, error / Math.max(sums[1]!, 1e-30), bound);
  }

  /** Records a comparison made by hand, and asserts it. */
  record(array: string, error: number, bound: number): void {
    rows.push({ fixture: this.fixture, array, error, bound });
    assert.ok(
      error <= bound,
      `${this.fixture} ${array}: error ${error.toExponential(2)} exceeds ` +
        `the bound ${bound}`,
    );
  }
}

function host(actual: tf.Tensor | GoldenArray): GoldenArray {
  return actual instanceof tf.Tensor
    ? { data: actual.dataSync() as Float32Array, shape: actual.shape }
    : actual;
}

function sameSize(
  what: string,
  actual: readonly number[],
  wanted: readonly number[],
): void {
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  assert.equal(
    size(actual),
    size(wanted),
    `${what}: shape [${actual}], recorded [${wanted}]`,
  );
}

/** max|x − ref| / rms(ref); equal infinities and NaNs count as equal. */
export function distance(x: ArrayData, reference: ArrayData): number {
  let worst = 0;
  let squares = 0;
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [Number(x[i]), Number(reference[i])];
    if (Object.is(a, b) || a === b) {
      if (Number.isFinite(b)) squares += b * b;
      continue;
    }
    const difference = Math.abs(a - b);
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    squares += b * b;
  }
  if (worst === 0) return 0;
  const rms = Math.sqrt(squares / reference.length);
  return worst / (rms || 1);
}

/** The stream of u for a full name: FNV-1a, then mulberry32. */
export function stream(fullName: string): () => number {
  let a = 2166136261;
  for (const byte of new TextEncoder().encode(fullName)) {
    a = Math.imul(a ^ byte, 16777619);
  }
  return function next() {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function fill(shape: readonly number[], value: () => number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const out = new Float32Array(size);
  for (let i = 0; i < size; i++) out[i] = value();
  return out;
}

/** U(tag, shape): numbers in [0, 1). */
export function u(tag: string, shape: readonly number[]): Float32Array {
  return fill(shape, stream(`${PREFIX}/${tag}`));
}

/** S(tag, shape, scale): numbers in [−scale, scale). */
export function s(
  tag: string,
  shape: readonly number[],
  scale = 1,
): Float32Array {
  const next = stream(`${PREFIX}/${tag}`);
  return fill(shape, () => (2 * next() - 1) * scale);
}

const CONSTANTS =
  /\.(code_weights|match_costs|pc_range|position_range|coords_d)$/;

/** Generated values of one parameter, PyTorch layout. */
export function goldenParam(
  name: string,
  spec: ParamSpec,
  gain = 1,
): Float32Array {
  const { shape, init } = spec;
  if (CONSTANTS.test(name)) {
    if (init.kind !== "values") throw new Error(`${name} is no constant`);
    return Float32Array.from(init.values);
  }
  const next = stream(`${PREFIX}/${name}`);
  if (/reference_points\.weight$/.test(name)) return fill(shape, next);
  const signed = () => 2 * next() - 1;
  if (/(bias|running_mean)$/.test(name)) {
    return fill(shape, () => 0.1 * signed());
  }
  if (shape.length < 2) return fill(shape, () => 1 + 0.1 * signed());
  const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
  return fill(shape, () => signed() * gain * Math.sqrt(3 / fanIn));
}

/** Generated tensors of all parameters, in memory layout. */
export function goldenParams(
  specs: ParamSpecs,
  options: { gain?: (name: string) => number } = {},
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const raw = goldenParam(name, spec, options.gain?.(name));
      const { data, shape } = toMemory(spec.shape, raw);
      return [name, tf.tensor(data, shape)];
    }),
  );
}

/** The comparisons as a table, worst first within a fixture. */
export function goldenTable(): string {
  const lines = rows.map(({ fixture, array, error, bound }) =>
    `${fixture.padEnd(24)} ${array.padEnd(48)} ` +
    `${error.toExponential(2).padStart(9)} ${
      bound.toExponential(0).padStart(7)
    }`
  );
  const head = `${"fixture".padEnd(24)} ${"array".padEnd(48)} ` +
    `${"error".padStart(9)} ${"bound".padStart(7)}`;
  return [head, ...lines].join("\n");
}

if (Deno.env.get("GOLDEN_TABLE")) {
  globalThis.addEventListener("unload", () => console.log(goldenTable()));
}
