/**
 * Whether two upright boxes on the ground come too near to each other.
 * @module
 */
import type { Place } from "./road.ts";

/** A rectangle on the ground. */
export interface Footprint extends Place {
  length: number;
  width: number;
}

/** Whether two rectangles, grown by `margin` metres in all, overlap. */
export function overlap(a: Footprint, b: Footprint, margin: number): boolean {
  const dx = b.x - a.x, dy = b.y - a.y;
  const reach = (Math.hypot(a.length, a.width) +
        Math.hypot(b.length, b.width)) / 2 + margin;
  if (dx * dx + dy * dy > reach * reach) return false;
  return !apart(a, b, dx, dy, margin) && !apart(b, a, dx, dy, margin);
}

/** Whether an axis of `a` separates them. */
function apart(
  a: Footprint,
  b: Footprint,
  dx: number,
  dy: number,
  margin: number,
): boolean {
  const cos = Math.cos(a.heading), sin = Math.sin(a.heading);
  const c = Math.abs(Math.cos(b.heading - a.heading));
  const s = Math.abs(Math.sin(b.heading - a.heading));
  const ahead = Math.abs(dx * cos + dy * sin);
  const aside = Math.abs(dy * cos - dx * sin);
  return ahead > (a.length + b.length * c + b.width * s) / 2 + margin ||
    aside > (a.width + b.length * s + b.width * c) / 2 + margin;
}
