/**
 * Between PyTorch's layout and the one in memory: only 4-D convolution
 * kernels differ, OIHW in files and HWIO in memory.
 * @module
 */

/** Row-major numbers with their shape. */
export interface Plain<Data = Float32Array> {
  /** Sizes by axis, in the layout of `data`. */
  shape: number[];
  /** As many numbers as the shape holds. */
  data: Data;
}

/** Shape in memory of a parameter with this PyTorch shape. */
export function memoryShape(shape: readonly number[]): number[] {
  if (shape.length !== 4) return [...shape];
  const [o, i, h, w] = shape as [number, number, number, number];
  return [h, w, i, o];
}

/** PyTorch shape of a parameter with this shape in memory. */
export function torchShape(shape: readonly number[]): number[] {
  if (shape.length !== 4) return [...shape];
  const [h, w, i, o] = shape as [number, number, number, number];
  return [o, i, h, w];
}

/**
 * Numbers of a parameter as they lie in memory: OIHW → HWIO, others as they
 * are (the same array).
 *
 * @throws {RangeError} when the shape does not hold the numbers.
 */
export function toMemory(
  name: string,
  shape: readonly number[],
  data: Float32Array,
): Plain {
  checkSize(name, shape, data);
  if (shape.length !== 4) return { shape: [...shape], data };
  const [o, i, h, w] = shape as [number, number, number, number];
  return { shape: [h, w, i, o], data: transpose(data, o * i, h * w, o, i) };
}

/**
 * Numbers of a parameter as PyTorch stores them: HWIO → OIHW, others as they
 * are (the same array).
 *
 * @throws {RangeError} when the shape does not hold the numbers.
 */
export function toTorch(
  name: string,
  shape: readonly number[],
  data: Float32Array,
): Plain {
  checkSize(name, shape, data);
  if (shape.length !== 4) return { shape: [...shape], data };
  const [h, w, i, o] = shape as [number, number, number, number];
  const result = new Float32Array(data.length);
  const cells = h * w;
  for (let cell = 0, from = 0; cell < cells; cell++) {
    for (let input = 0; input < i; input++) {
      for (let output = 0; output < o; output++) {
        result[(output * i + input) * cells + cell] = data[from++]!;
      }
    }
  }
  return { shape: [o, i, h, w], data: result };
}

function transpose(
  data: Float32Array,
  rows: number,
  cells: number,
  outputs: number,
  inputs: number,
): Float32Array {
  const result = new Float32Array(rows * cells);
  for (let output = 0, from = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let cell = 0; cell < cells; cell++) {
        result[(cell * inputs + input) * outputs + output] = data[from++]!;
      }
    }
  }
  return result;
}

function checkSize(
  name: string,
  shape: readonly number[],
  data: Float32Array,
): void {
  const size = shape.reduce((product, side) => product * side, 1);
  if (size !== data.length) {
    throw new RangeError(
      `Cannot lay out "${name}": shape [${shape}] holds ${size} numbers, ` +
        `given ${data.length}`,
    );
  }
}
