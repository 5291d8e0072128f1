/**
 * The one layout in which memory and files differ: convolution kernels are
 * OIHW in PyTorch and HWIO in tfjs.
 * @module
 */

/** Row-major numbers with their shape. */
export interface Layouted {
  data: Float32Array;
  shape: number[];
}

/** A parameter as the network takes it, from its PyTorch layout. */
export function toMemory(
  shape: readonly number[],
  data: Float32Array,
): Layouted {
  return shape.length === 4
    ? permute(shape, data, [2, 3, 1, 0])
    : { data, shape: [...shape] };
}

/** A parameter in its PyTorch layout, from memory. */
export function toTorch(
  shape: readonly number[],
  data: Float32Array,
): Layouted {
  return shape.length === 4
    ? permute(shape, data, [3, 2, 0, 1])
    : { data, shape: [...shape] };
}

/** The in-memory shape of a parameter with this PyTorch shape. */
export function memoryShape(shape: readonly number[]): number[] {
  return shape.length === 4
    ? [shape[2]!, shape[3]!, shape[1]!, shape[0]!]
    : [...shape];
}

function permute(
  shape: readonly number[],
  data: Float32Array,
  order: readonly number[],
): Layouted {
  const strides = shape.map((_, i) =>
    shape.slice(i + 1).reduce((a, b) => a * b, 1)
  );
  const size = order.map((axis) => shape[axis]!);
  const step = order.map((axis) => strides[axis]!);
  const out = new Float32Array(data.length);
  let to = 0;
  for (let a = 0; a < size[0]!; a++) {
    for (let b = 0; b < size[1]!; b++) {
      for (let c = 0; c < size[2]!; c++) {
        let from = a * step[0]! + b * step[1]! + c * step[2]!;
        for (let d = 0; d < size[3]!; d++, from += step[3]!) {
          out[to++] = data[from]!;
        }
      }
    }
  }
  return { data: out, shape: size };
}
