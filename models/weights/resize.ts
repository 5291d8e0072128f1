/**
 * Weights of vision transformers that were trained at another size: patch
 * embeddings and position embeddings are images and are resized as such.
 *
 * Source: interpolate_patch_14to16.py of EVA-02 (baaivision/EVA), which
 * prepares its checkpoints for detectors with patches of 16 pixels.
 * @module
 */
import { resizeSquares } from "../vit/bicubic.ts";
import type { Plain } from "./layout.ts";

/** Tables that follow from sizes alone: never learned, no loss if left out. */
export function isTable(name: string): boolean {
  return /\.freqs_(cos|sin)$/.test(name);
}

/**
 * Stored numbers in a model's shape (PyTorch's layout), or null where the
 * name or the shapes do not allow it.
 */
export function resizeToFit(
  name: string,
  { shape, data }: Plain<ArrayLike<number>>,
  wanted: readonly number[],
): Float32Array | null {
  if (name.endsWith("patch_embed.proj.weight")) {
    return resizePatches(shape, data, wanted);
  }
  return name.endsWith("pos_embed")
    ? resizePositions(shape, data, wanted)
    : null;
}

/** [O, I, k, k] of kernels as large as a patch. */
function resizePatches(
  shape: readonly number[],
  data: ArrayLike<number>,
  wanted: readonly number[],
): Float32Array | null {
  const [outputs, inputs, height, width] = shape;
  const fits = shape.length === 4 && wanted.length === 4 &&
    outputs === wanted[0] && inputs === wanted[1] && height === width &&
    wanted[2] === wanted[3];
  return fits ? resizeSquares(data, height!, wanted[2]!) : null;
}

/** [1, 1 + s², C]: a class token, kept as it is, and a square of patches. */
function resizePositions(
  shape: readonly number[],
  data: ArrayLike<number>,
  wanted: readonly number[],
): Float32Array | null {
  const [one, count = 0, width = 0] = shape;
  const [from, to] = [count, wanted[1] ?? 0].map((n) => Math.sqrt(n - 1));
  const fits = shape.length === 3 && wanted.length === 3 && one === 1 &&
    width === wanted[2] && Number.isInteger(from) && Number.isInteger(to);
  if (!fits) return null;
  const planes = new Float32Array(width * from! ** 2);
  for (let i = 0; i < from! ** 2; i++) {
    for (let c = 0; c < width; c++) {
      planes[c * from! ** 2 + i] = data[(i + 1) * width + c]!;
    }
  }
  const resized = resizeSquares(planes, from!, to!);
  const result = new Float32Array(wanted[1]! * width);
  for (let c = 0; c < width; c++) result[c] = data[c]!;
  for (let i = 0; i < to! ** 2; i++) {
    for (let c = 0; c < width; c++) {
      result[(i + 1) * width + c] = resized[c * to! ** 2 + i]!;
    }
  }
  return result;
}
