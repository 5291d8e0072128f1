/**
 * First values of parameters that no checkpoint holds. Each parameter draws
 * from its own stream, named after it: adding a layer changes no other.
 * @module
 */
import type { Initializer, ParamSpecs } from "./module.ts";
import { type Random, random as start } from "./random.ts";
import { type Plain, toMemory } from "./weights/layout.ts";

/**
 * Draws all parameters of the specs from a stream or its seed.
 *
 * @returns Arrays in memory layout (4-D kernels HWIO) by state_dict name.
 */
export function initialize(
  specs: ParamSpecs,
  random: Random | number,
): Record<string, Plain> {
  const root = typeof random === "number" ? start(random) : random;
  const params: Record<string, Plain> = {};
  for (const [name, { shape, init }] of Object.entries(specs)) {
    const data = draw(name, shape, init, root.fork(name));
    params[name] = toMemory(name, shape, data);
  }
  return params;
}

/** Numbers of one parameter, row-major in PyTorch's layout. */
function draw(
  name: string,
  shape: readonly number[],
  init: Initializer,
  random: Random,
): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  if (init.kind === "values") {
    if (init.values.length !== size) {
      throw new RangeError(
        `Cannot initialize "${name}" [${shape}]: ${init.values.length} ` +
          `values given, expected ${size}`,
      );
    }
    return Float32Array.from(init.values);
  }
  const next = sampler(shape, init, random);
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) data[i] = next();
  return data;
}

function sampler(
  shape: readonly number[],
  init: Exclude<Initializer, { kind: "values" }>,
  random: Random,
): () => number {
  const between = (low: number, high: number) => () =>
    low + (high - low) * random.uniform();
  switch (init.kind) {
    case "constant":
      return () => init.value;
    case "uniform":
      return between(init.low, init.high);
    case "normal":
      return () => init.mean + init.std * random.normal();
    case "xavier-uniform": {
      const { fanIn, fanOut } = fans(shape);
      const bound = (init.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut));
      return between(-bound, bound);
    }
    case "kaiming-normal-fan-out": {
      const std = Math.sqrt(2 / fans(shape).fanOut);
      return () => std * random.normal();
    }
    case "torch-default": {
      const bound = 1 / Math.sqrt(init.fanIn);
      return between(-bound, bound);
    }
  }
}

/** Connections into and out of one unit, by PyTorch's shape. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [out = 1, into = 1, ...window] = shape;
  const field = window.reduce((product, side) => product * side, 1);
  return { fanIn: into * field, fanOut: out * field };
}
