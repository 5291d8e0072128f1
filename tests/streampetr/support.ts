/** Ground truth of fixtures in the form that training takes. @module */
import type { GoldenArray } from "../support/golden.ts";

/** Rows of an array [n, width]. */
export function rowsOf({ data, shape }: GoldenArray): number[][] {
  const [count, width = 1] = shape as [number, number?];
  return Array.from(
    { length: count },
    (_, i) => [...data.subarray(i * width, (i + 1) * width)],
  );
}

/** Boxes [n, 9] whose z is the bottom, with z of the gravity centre. */
export function gravityBoxes(array: GoldenArray): number[][] {
  return rowsOf(array).map(([x, y, z, l, w, h, ...rest]) => [
    ...[x!, y!, Math.fround(z! + h! / 2)],
    ...[l!, w!, h!],
    ...rest,
  ]);
}
