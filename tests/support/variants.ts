/**
 * Recorded arrays of tests/golden/variants, a set of its own: how they were
 * made is in its README.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ParamSpecs, Tensors } from "../../models/module.ts";
import { toMemory } from "../../models/weights/layout.ts";
import { parseSafetensors } from "../../models/weights/safetensors.ts";
import { draw, generateParameter } from "./generated.ts";
import { type Golden, goldenOf } from "./golden.ts";

const FOLDER = new URL("../golden/variants/", import.meta.url);
const PREFIX = "variants";

/** Opens a fixture such as `vit`. */
export async function openVariant(fixture: string): Promise<Golden> {
  const bytes = await unzipped(`${fixture}.safetensors.gz`);
  return goldenOf(fixture, parseSafetensors(bytes));
}

/** A gzipped JSON file of the set. */
// deno-lint-ignore no-explicit-any -- the shape differs from file to file
export async function variantJson(name: string): Promise<any> {
  const bytes = await unzipped(`${name}.json.gz`);
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function unzipped(name: string): Promise<Uint8Array> {
  const file = await Deno.open(new URL(name, FOLDER));
  const plain = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** S(tag, shape, scale): (2u − 1)·scale. */
export function signed(
  tag: string,
  shape: readonly number[],
  scale = 1,
): Float32Array {
  return draw(`${PREFIX}/${tag}`, shape, (u) => (2 * u - 1) * scale);
}

/** A recorded NCHW tensor S(tag, shape, scale) in the models' NHWC. */
export function signedMap(
  tag: string,
  shape: readonly number[],
  scale = 1,
): tf.Tensor4D {
  const data = tf.tensor4d(signed(tag, shape, scale), shape as [1, 1, 1, 1]);
  return tf.transpose(data, [0, 2, 3, 1]);
}

/**
 * Parameters by the rule of generated tensors, in memory layout; those with
 * given values keep them.
 */
export function variantParams(
  specs: ParamSpecs,
  gain: (name: string) => number = () => 1,
): Tensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, init }]) => {
      const data = init.kind === "values"
        ? Float32Array.from(init.values)
        : generateParameter(PREFIX, name, shape, gain(name));
      const memory = toMemory(name, shape, data);
      return [name, tf.tensor(memory.data, memory.shape, "float32")];
    }),
  );
}

/** [L2 norm, sum] of a gradient, as `gradnorm/…` arrays hold them. */
export function normAndSum(x: tf.Tensor): number[] {
  let squares = 0, sum = 0;
  for (const value of x.dataSync()) {
    squares += value * value;
    sum += value;
  }
  return [Math.sqrt(squares), sum];
}
