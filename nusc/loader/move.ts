/**
 * Where a pixel goes when an image is resized, cropped, flipped and rotated,
 * one step after the other, as one would do it by hand.
 *
 * Apart from `inputFromSource`, which says the same as a matrix, so that one
 * can be held against the other.
 * @module
 */
import type { View } from "./view.ts";

/** Input pixel of a source pixel, both [2]. */
export function movedPixel(view: View, source: readonly number[]): number[] {
  let x = source[0]! * view.resize - view.left;
  let y = source[1]! * view.resize - view.top;
  if (view.flip) x = view.width - x;
  if (view.rotate !== 0) {
    const angle = view.rotate * Math.PI / 180;
    const [dx, dy] = [x - view.width / 2, y - view.height / 2];
    // Counter-clockwise as seen, while y points down.
    x = view.width / 2 + Math.cos(angle) * dx + Math.sin(angle) * dy;
    y = view.height / 2 + Math.cos(angle) * dy - Math.sin(angle) * dx;
  }
  return [x, y];
}
