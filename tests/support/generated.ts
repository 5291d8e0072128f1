/**
 * Tensors made from their names, as golden/streampetr/README.md prescribes:
 * FNV-1a of the name seeds mulberry32, which fills the tensor in PyTorch's
 * row-major order.
 * @module
 */

/** FNV-1a, 32 bits, over the UTF-8 bytes of a text. */
export function fnv1a(text: string): number {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 16777619);
  }
  return hash >>> 0;
}

/** Uniform [0, 1) numbers of one name, drawn in order. */
export function stream(name: string): () => number {
  let state = fnv1a(name);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Draws one float32 array; `map` works in float64 before the one rounding. */
export function draw(
  name: string,
  shape: readonly number[],
  map: (u: number) => number,
): Float32Array {
  const next = stream(name);
  const size = shape.reduce((product, side) => product * side, 1);
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) data[i] = map(next());
  return data;
}

/**
 * A parameter or running statistic by its state_dict name.
 *
 * @param prefix The set's prefix, which salts the name.
 * @param gain Factor of weights of two and more dimensions.
 * @throws {TypeError} when the rules do not cover the name.
 */
export function generateParameter(
  prefix: string,
  name: string,
  shape: readonly number[],
  gain: number,
): Float32Array {
  const fill = (map: (u: number) => number) =>
    draw(`${prefix}/${name}`, shape, map);
  if (name.endsWith("reference_points.weight")) return fill((u) => u);
  if (name.endsWith("bias") || name.endsWith("running_mean")) {
    return fill((u) => 0.1 * (2 * u - 1));
  }
  if (name.endsWith("running_var")) return fill((u) => 1 + 0.1 * (2 * u - 1));
  if (name.endsWith("num_batches_tracked")) return fill(() => 0);
  if (shape.length >= 2) {
    const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
    const bound = Math.sqrt(3 / fanIn);
    return fill((u) => (2 * u - 1) * gain * bound);
  }
  if (name.endsWith("weight")) return fill((u) => 1 + 0.1 * (2 * u - 1));
  throw new TypeError(
    `Cannot generate "${name}" [${shape}]: no rule covers it`,
  );
}
