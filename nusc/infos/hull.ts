/**
 * What of a projected box an image shows.
 * @module
 */

/** Pixel coordinates. */
export type Point = readonly [number, number];

/** Convex hull, counter-clockwise (Andrew 1979). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: Point[]) => {
    const chain: Point[] = [];
    for (const point of list) {
      while (
        chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0
      ) {
        chain.pop();
      }
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** The part of a convex polygon inside [0, width] × [0, height]. */
export function clip(
  polygon: readonly Point[],
  width: number,
  height: number,
): Point[] {
  let points = [...polygon];
  const edges: [0 | 1, number, number][] = [
    [0, 0, 1],
    [0, width, -1],
    [1, 0, 1],
    [1, height, -1],
  ];
  for (const [axis, bound, sign] of edges) {
    const inside = (p: Point) => (p[axis] - bound) * sign >= 0;
    const out: Point[] = [];
    points.forEach((point, i) => {
      const before = points[(i + points.length - 1) % points.length]!;
      if (inside(point) !== inside(before)) {
        const t = (bound - before[axis]) / (point[axis] - before[axis]);
        const other = 1 - axis as 0 | 1;
        const value = before[other] + t * (point[other] - before[other]);
        out.push(axis === 0 ? [bound, value] : [value, bound]);
      }
      if (inside(point)) out.push(point);
    });
    points = out;
  }
  return points;
}

/**
 * Bounds x1, y1, x2, y2 of the visible part of the points' hull, or null
 * where the image shows nothing of it.
 */
export function visibleBounds(
  points: readonly Point[],
  width: number,
  height: number,
): [number, number, number, number] | null {
  const hull = convexHull(points);
  // Fewer than three corners in front of the camera span no area.
  if (hull.length < 3) return null;
  const seen = clip(hull, width, height);
  if (seen.length === 0) return null;
  const xs = seen.map((p) => p[0]);
  const ys = seen.map((p) => p[1]);
  return [
    Math.min(...xs),
    Math.min(...ys),
    Math.max(...xs),
    Math.max(...ys),
  ];
}
