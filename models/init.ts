/**
 * How parameters start: seeded, and the same for a name whatever else the
 * model holds.
 * @module
 */
import type { Initializer, ParamSpec, ParamSpecs } from "./module.ts";
import { type Layouted, toMemory } from "./weights/layout.ts";

/** Numbers uniform over [0, 1), from a name and a seed (FNV-1a, mulberry32). */
export function namedRandom(name: string, seed: number): () => number {
  let a = 2166136261 ^ seed;
  for (const byte of new TextEncoder().encode(name)) {
    a = Math.imul(a ^ byte, 16777619);
  }
  return function next() {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Starting values of all parameters and buffers, in memory layout. */
export function initialize(
  specs: ParamSpecs,
  seed: number,
): Record<string, Layouted> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const data = draw(spec, namedRandom(name, seed));
      return [name, toMemory(spec.shape, data)];
    }),
  );
}

/** Inputs and outputs that meet in one weight of this PyTorch shape. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const area = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1]! * area, fanOut: shape[0]! * area };
}

function draw(spec: ParamSpec, random: () => number): Float32Array {
  const { init, shape } = spec;
  const size = shape.reduce((a, b) => a * b, 1);
  if (init.kind === "values") return Float32Array.from(init.values);
  const sample = sampler(init, shape, random);
  return Float32Array.from({ length: size }, sample);
}

function sampler(
  init: Exclude<Initializer, { kind: "values" }>,
  shape: readonly number[],
  random: () => number,
): () => number {
  const within = (bound: number) => () => bound * (2 * random() - 1);
  switch (init.kind) {
    case "constant":
      return () => init.value;
    case "uniform":
      return () => init.low + (init.high - init.low) * random();
    case "normal":
      return () => init.mean + init.std * gaussian(random);
    case "torch-default":
      return within(1 / Math.sqrt(init.fanIn));
    case "xavier-uniform": {
      const { fanIn, fanOut } = fans(shape);
      return within((init.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut)));
    }
    case "kaiming-normal-fan-out": {
      const std = Math.sqrt(2 / fans(shape).fanOut);
      return () => std * gaussian(random);
    }
  }
}

/** A standard normal number (Box and Muller 1958). */
function gaussian(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
