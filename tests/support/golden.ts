/**
 * Recorded arrays of the original PyTorch code, and the tensors that both
 * sides generate from names.
 *
 * The folder is tests/golden/streampetr or, for another set of the same
 * form, the one in the environment variable GOLDEN_STREAMPETR.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { ParamSpecs, Tensors } from "../../models/module.ts";
import { toMemory } from "../../models/weights/layout.ts";
import {
  parseSafetensors,
  type StoredTensor,
} from "../../models/weights/safetensors.ts";
import { draw, generateParameter } from "./generated.ts";
import { type GoldenRow, goldenRows } from "./table.ts";

export { formatGoldenTable, goldenRows } from "./table.ts";

// oneDNN's convolutions add up in one chain: 3 times the rounding error of
// TensorFlow's own (1.3e-5 against 4e-6 at the neck), more than the bounds
// leave to float32. TensorFlow reads this once, when it starts.
if (Deno.env.get("TF_ENABLE_ONEDNN_OPTS") === undefined) {
  Deno.env.set("TF_ENABLE_ONEDNN_OPTS", "0");
}

const FOLDER = Deno.env.get("GOLDEN_STREAMPETR") ??
  new URL("../golden/streampetr", import.meta.url).pathname;

/** Prefix of every generated name of this set. */
export const PREFIX: string =
  JSON.parse(Deno.readTextFileSync(`${FOLDER}/set.json`)).prefix;

/** Row-major numbers as {@linkcode Golden.check} takes them besides tensors. */
export interface PlainArray {
  data: ArrayLike<number>;
  shape: readonly number[];
}

/** A whole array of a fixture. */
export interface GoldenArray {
  data: Float32Array | Float64Array | Int32Array | Uint8Array;
  shape: number[];
}

/** U(tag, shape): float32 uniform [0, 1) of `<set>/<tag>`. */
export function u(tag: string, shape: readonly number[]): Float32Array {
  return draw(`${PREFIX}/${tag}`, shape, (value) => value);
}

/** S(tag, shape, scale): float32 of (2u − 1)·scale. */
export function s(
  tag: string,
  shape: readonly number[],
  scale = 1,
): Float32Array {
  return draw(`${PREFIX}/${tag}`, shape, (value) => (2 * value - 1) * scale);
}

/**
 * Parameters by the rule of generated tensors, in memory layout; those whose
 * initializer gives their values (constants of the config) keep them.
 */
export function goldenParams(
  specs: ParamSpecs,
  options: { gain?: (name: string) => number } = {},
): Tensors {
  const params: Tensors = {};
  for (const [name, { shape, init }] of Object.entries(specs)) {
    const gain = options.gain?.(name) ?? 1;
    const data = init.kind === "values"
      ? Float32Array.from(init.values)
      : generateParameter(PREFIX, name, shape, gain);
    const memory = toMemory(name, shape, data);
    params[name] = tf.tensor(memory.data, memory.shape, "float32");
  }
  return params;
}

/** A JSON file of the set by its name without ending. */
// deno-lint-ignore no-explicit-any -- the shape differs from file to file
export async function goldenJson(name: string): Promise<any> {
  return JSON.parse(new TextDecoder().decode(await read(`${name}.json`)));
}

/** One recorded run: its arrays, its config, and comparisons with them. */
export interface Golden {
  readonly fixture: string;
  /** Config and meaning of the inputs, as `<fixture>.json` gives them. */
  // deno-lint-ignore no-explicit-any -- the shape differs from file to file
  readonly json: any;
  /** Names of whole and sampled arrays, without `#…` endings. */
  keys(): string[];
  has(key: string): boolean;
  /** A whole array; throws for a missing or sampled one. */
  array(key: string): GoldenArray;
  /**
   * The reference's own rounding error for a key: max |float32 − float64| /
   * rms, 0 where it is not recorded. No bound can ask for much less.
   */
  noise(key: string): number;
  /**
   * Compares with a recorded array, whole or sampled: shape, values, and for
   * sampled ones the sums over all values. Asserts that
   * max |x − ref| / rms(ref) ≤ bound, notes a row, returns the error.
   */
  check(key: string, actual: tf.Tensor | PlainArray, bound: number): number;
  /** What {@linkcode Golden.check} compares with its bound, and no more. */
  error(key: string, actual: tf.Tensor | PlainArray): number;
}

/**
 * Opens a fixture such as `unit_pe`.
 * @param by what the table says of who computed the arrays.
 */
export async function openGolden(
  fixture: string,
  by?: GoldenRow["by"],
): Promise<Golden> {
  const stored = parseSafetensors(await read(`${fixture}.safetensors`));
  const json = await goldenJson(fixture);
  const tolerances = await goldenJson("tolerances");
  const noises = tolerances[`${fixture}.safetensors`]?.per_array ?? {};
  return goldenOf(fixture, stored, { json, noises, by });
}

/** What a fixture has besides its arrays. */
interface Extras {
  json?: unknown;
  /** As tolerances.json has them, by array. */
  noises?: Record<string, { rel_to_rms: number }>;
  by?: GoldenRow["by"];
}

/** A fixture of its parts. */
export function goldenOf(
  fixture: string,
  stored: Map<string, StoredTensor>,
  { json = {}, noises = {}, by = "code" }: Extras = {},
): Golden {
  const names = [...new Set([...stored.keys()].map(withoutEnding))];
  return {
    fixture,
    json,
    keys: () => [...names],
    has: (key) => names.includes(key),
    array: (key) => whole(fixture, stored, key),
    noise: (key) => (noises[key] ?? noises[`${key}#sample`])?.rel_to_rms ?? 0,
    error: (key, actual) => errorOf(fixture, stored, key, actual),
    check(key, actual, bound) {
      const error = errorOf(fixture, stored, key, actual);
      goldenRows.push({ fixture, by, array: key, error, bound });
      assert.ok(
        error <= bound,
        `${fixture} ${key}: error ${error.toExponential(3)} of its rms, ` +
          `expected at most ${bound}`,
      );
      return error;
    },
  };
}

async function read(name: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(`${FOLDER}/${name}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const file = await Deno.open(`${FOLDER}/${name}.gz`);
  const plain = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

function withoutEnding(key: string): string {
  return key.replace(/#(sample|stride|shape|sums)$/, "");
}

function whole(
  fixture: string,
  stored: Map<string, StoredTensor>,
  key: string,
): GoldenArray {
  const array = stored.get(key);
  if (array === undefined) {
    const sampled = stored.has(`${key}#sample`) ? ": only a sample is" : "";
    throw new Error(`"${key}" is not stored whole in ${fixture}${sampled}`);
  }
  return { data: array.data as GoldenArray["data"], shape: array.shape };
}

function errorOf(
  fixture: string,
  stored: Map<string, StoredTensor>,
  key: string,
  actual: tf.Tensor | PlainArray,
): number {
  const data = actual instanceof tf.Tensor ? actual.dataSync() : actual.data;
  const sampled = stored.has(`${key}#sample`);
  const part = (ending: string) =>
    whole(fixture, stored, sampled ? `${key}#${ending}` : key);
  const reference = part("sample");
  const shape = sampled ? [...part("shape").data] : reference.shape;
  assert.deepEqual([...actual.shape], shape, `shape of ${fixture} ${key}`);
  const stride = sampled ? part("stride").data[0]! : 1;
  const scale = rms(reference.data) || 1;
  const error = difference(data, stride, reference.data) / scale;
  return sampled
    ? Math.max(error, sumError(data, part("sums").data, scale))
    : error;
}

function rms(values: ArrayLike<number>): number {
  let squares = 0, count = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    squares += values[i]! ** 2;
    count++;
  }
  return Math.sqrt(squares / Math.max(count, 1));
}

/** Largest distance; equal infinities and two NaNs are no distance. */
function difference(
  actual: ArrayLike<number>,
  stride: number,
  reference: ArrayLike<number>,
): number {
  let largest = 0;
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [Number(actual[i * stride]), reference[i]!];
    if (Object.is(a, b) || a === b) continue;
    const distance = Math.abs(a - b);
    if (Number.isNaN(distance)) return Infinity;
    largest = Math.max(largest, distance);
  }
  return largest;
}

/**
 * Mean difference of the sums over all values, in the unit of the samples'
 * rms, so that one bound serves both.
 */
function sumError(
  actual: ArrayLike<number>,
  sums: ArrayLike<number>,
  scale: number,
): number {
  let sum = 0, absolute = 0;
  for (let i = 0; i < actual.length; i++) {
    sum += actual[i]!;
    absolute += Math.abs(actual[i]!);
  }
  const distance = Math.max(
    Math.abs(sum - sums[0]!),
    Math.abs(absolute - sums[1]!),
  );
  if (Number.isNaN(distance)) return Infinity;
  return distance / (actual.length * scale);
}
