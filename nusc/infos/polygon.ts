/**
 * Bounds of a convex hull inside a canvas.
 * @module
 */

/** x, y in pixels. */
export type Point = readonly [number, number];

/** x1, y1, x2, y2 of the part of the points' hull in [0, w] x [0, h]. */
export function clippedBounds(
  points: readonly Point[],
  width: number,
  height: number,
): [number, number, number, number] | null {
  let polygon = convexHull(points);
  const edges: [axis: 0 | 1, limit: number, sign: 1 | -1][] = [
    [0, 0, 1],
    [0, width, -1],
    [1, 0, 1],
    [1, height, -1],
  ];
  for (const [axis, limit, sign] of edges) {
    polygon = clipHalf(polygon, axis, limit, sign);
  }
  if (!polygon.length) return null;
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Andrew's monotone chain; counter-clockwise, without the first again. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const lower = chain(sorted);
  const upper = chain(sorted.reverse());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function chain(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    while (hull.length > 1 && turn(hull.at(-2)!, hull.at(-1)!, point) <= 0) {
      hull.pop();
    }
    hull.push(point);
  }
  return hull;
}

/** Above 0 for a turn to the left. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** The part of a convex polygon with sign * (p[axis] - limit) >= 0. */
function clipHalf(
  polygon: readonly Point[],
  axis: 0 | 1,
  limit: number,
  sign: 1 | -1,
): Point[] {
  const out: Point[] = [];
  polygon.forEach((point, i) => {
    const next = polygon[(i + 1) % polygon.length]!;
    const here = sign * (point[axis] - limit);
    const there = sign * (next[axis] - limit);
    if (here >= 0) out.push(point);
    if (here * there < 0) {
      const part = here / (here - there);
      const other = 1 - axis as 0 | 1;
      const crossing: [number, number] = [0, 0];
      // Exactly on the edge, so that bounds are exact too.
      crossing[axis] = limit;
      crossing[other] = point[other] + part * (next[other] - point[other]);
      out.push(crossing);
    }
  });
  return out;
}
