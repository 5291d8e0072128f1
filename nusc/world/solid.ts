/**
 * Paints upright boxes: only the pixels inside a box's outline are visited,
 * each by one ray against the box's three pairs of faces.
 * @module
 */
import { type Canvas, type View } from "./canvas.ts";
import { HAZE } from "./ground.ts";
import { compose, type Matrix, type Vector } from "./pose.ts";
import type { Weather } from "./scene.ts";
import type { Colour, Part } from "./shapes.ts";

/** A box in the world; its part's centre is a global point. */
export interface Solid {
  part: Part;
  centre: Vector;
  heading: number;
}

/** Pixels [left, right) x [top, bottom). */
export interface Outline {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Nearer than this to the image plane nothing is painted. */
const NEAR = 0.1;

/**
 * The pixels that may show the corners' convex hull, or null: edges are cut
 * at the near plane, so that a box beside the camera keeps its true outline.
 * Corners are in the camera's frame, bit i of the index choosing axis i.
 */
export function outlineOf(
  corners: Vector[],
  view: View,
  canvas: Canvas,
): Outline | null {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  const add = (x: number, y: number, z: number) => {
    const u = view.centreX + view.focalX * x / z;
    const v = view.centreY + view.focalY * y / z;
    if (u < left) left = u;
    if (u > right) right = u;
    if (v < top) top = v;
    if (v > bottom) bottom = v;
  };
  for (let i = 0; i < corners.length; i++) {
    const a = corners[i]!;
    if (a[2] >= NEAR) add(...a);
    for (let bit = 1; bit < corners.length; bit <<= 1) {
      const b = corners[i ^ bit]!;
      if (a[2] >= NEAR || b[2] < NEAR) continue;
      const t = (NEAR - a[2]) / (b[2] - a[2]);
      add(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), NEAR);
    }
  }
  const outline = {
    left: Math.max(0, Math.floor(left)),
    right: Math.min(canvas.width, Math.ceil(right)),
    top: Math.max(0, Math.floor(top)),
    bottom: Math.min(canvas.height, Math.ceil(bottom)),
  };
  return outline.left < outline.right && outline.top < outline.bottom
    ? outline
    : null;
}

/** Global corners of an upright box, bit i of the index choosing axis i. */
export function cornersOf(
  centre: Vector,
  heading: number,
  [l, w, h]: readonly [number, number, number],
): Vector[] {
  const cos = Math.cos(heading), sin = Math.sin(heading);
  return Array.from({ length: 8 }, (_, i) => {
    const x = (i & 1 ? l : -l) / 2, y = (i & 2 ? w : -w) / 2;
    return [
      centre[0] + x * cos - y * sin,
      centre[1] + x * sin + y * cos,
      centre[2] + (i & 4 ? h : -h) / 2,
    ];
  });
}

/** Global points to the camera's frame. */
export function toCamera(view: View, points: Vector[]): Vector[] {
  const m = view.matrix, o = view.origin;
  return points.map(([px, py, pz]) => {
    const x = px - o[0], y = py - o[1], z = pz - o[2];
    return [
      m[0]! * x + m[3]! * y + m[6]! * z,
      m[1]! * x + m[4]! * y + m[7]! * z,
      m[2]! * x + m[5]! * y + m[8]! * z,
    ];
  });
}

/** Lit colours of the faces -x, +x, -y, +y, -z, +z. */
function litFaces(
  solid: Solid,
  weather: Weather,
  second: boolean,
): Colour[] {
  const { part, heading } = solid;
  const cos = Math.cos(heading), sin = Math.sin(heading);
  const [sx, sy, sz] = weather.sun;
  const local = [sx * cos + sy * sin, sy * cos - sx * sin, sz];
  const paint = second && part.pattern ? part.pattern.colour : part.colour;
  return Array.from({ length: 6 }, (_, face) => {
    const facing = (face & 1 ? 1 : -1) * local[face >> 1]!;
    const lit = 255 * weather.light *
      (0.55 + 0.45 * Math.max(-0.3, Math.min(1, facing)));
    const colour = (face === 0 ? part.back : face === 1 ? part.front : null) ??
      paint;
    return [colour[0] * lit, colour[1] * lit, colour[2] * lit];
  });
}

/**
 * Paints a box where nothing nearer is. Returns how many pixels it would
 * cover alone that no earlier part of the same object `id` covered.
 */
export function paintSolid(
  canvas: Canvas,
  view: View,
  solid: Solid,
  weather: Weather,
  id: number,
): number {
  const { part, centre, heading } = solid;
  const corners = toCamera(view, cornersOf(centre, heading, part.size));
  const outline = outlineOf(corners, view, canvas);
  if (!outline) return 0;
  const cos = Math.cos(heading), sin = Math.sin(heading);
  const localFromGlobal: Matrix = [cos, sin, 0, -sin, cos, 0, 0, 0, 1];
  const dx = view.origin[0] - centre[0], dy = view.origin[1] - centre[1];
  return trace(canvas, view, outline, {
    m: compose(localFromGlobal, view.matrix),
    ox: dx * cos + dy * sin,
    oy: dy * cos - dx * sin,
    oz: view.origin[2] - centre[2],
    part,
    faces: litFaces(solid, weather, false),
    others: litFaces(solid, weather, true),
    haze: weather.sky.map((c) => 255 * weather.light * c) as unknown as Colour,
    id,
  });
}

interface Rays {
  /** Box from camera. */
  m: Matrix;
  /** The camera in the box's frame. */
  ox: number;
  oy: number;
  oz: number;
  part: Part;
  faces: Colour[];
  others: Colour[];
  haze: Colour;
  id: number;
}

function trace(
  canvas: Canvas,
  view: View,
  outline: Outline,
  rays: Rays,
): number {
  const { width, depth, stamps } = canvas;
  const { m, ox, oy, oz, part, id } = rays;
  const hx = part.size[0] / 2, hy = part.size[1] / 2, hz = part.size[2] / 2;
  const m0 = m[0]!, m3 = m[3]!, m6 = m[6]!;
  let covered = 0;
  for (let row = outline.top; row < outline.bottom; row++) {
    const y = (row + 0.5 - view.centreY) / view.focalY;
    const bx = m[1]! * y + m[2]!, by = m[4]! * y + m[5]!;
    const bz = m[7]! * y + m[8]!;
    let pixel = row * width + outline.left;
    for (let column = outline.left; column < outline.right; column++, pixel++) {
      const x = (column + 0.5 - view.centreX) / view.focalX;
      const ix = 1 / (m0 * x + bx), iy = 1 / (m3 * x + by);
      const iz = 1 / (m6 * x + bz);
      const ax = ix < 0 ? -hx : hx, ay = iy < 0 ? -hy : hy;
      const az = iz < 0 ? -hz : hz;
      const nx = (-ax - ox) * ix, ny = (-ay - oy) * iy, nz = (-az - oz) * iz;
      const near = nx > ny ? (nx > nz ? nx : nz) : (ny > nz ? ny : nz);
      if (near < NEAR) continue;
      const fx = (ax - ox) * ix, fy = (ay - oy) * iy, fz = (az - oz) * iz;
      if (near > fx || near > fy || near > fz) continue;
      if (id >= 0 && stamps[pixel] !== id + 1) {
        stamps[pixel] = id + 1;
        covered++;
      }
      if (near >= depth[pixel]!) continue;
      depth[pixel] = near;
      const face = near === nx
        ? (ix < 0 ? 1 : 0)
        : near === ny
        ? (iy < 0 ? 3 : 2)
        : (iz < 0 ? 5 : 4);
      paintHit(canvas, rays, pixel, face, near, ix, iy, iz);
    }
  }
  return covered;
}

function paintHit(
  canvas: Canvas,
  rays: Rays,
  pixel: number,
  face: number,
  near: number,
  ix: number,
  iy: number,
  iz: number,
): void {
  const { part, haze, id } = rays;
  const second = part.pattern !== undefined && isSecond(
    part.pattern.kind,
    face,
    rays.ox + near / ix,
    rays.oy + near / iy,
    rays.oz + near / iz + part.size[2] / 2,
  );
  const colour = (second ? rays.others : rays.faces)[face]!;
  const clear = Math.exp(-near / HAZE);
  const rgb = canvas.rgb, at = 3 * pixel;
  rgb[at] = colour[0] * clear + haze[0] * (1 - clear);
  rgb[at + 1] = colour[1] * clear + haze[1] * (1 - clear);
  rgb[at + 2] = colour[2] * clear + haze[2] * (1 - clear);
  canvas.ids[pixel] = id;
}

/** Whether a pattern's second colour shows at a point of the box. */
function isSecond(
  kind: "stripes" | "windows",
  face: number,
  x: number,
  y: number,
  z: number,
): boolean {
  if (kind === "stripes") return (Math.floor(y / 0.42) & 1) === 0;
  const side = face < 2 ? y : x;
  const across = side / 2.2 - Math.floor(side / 2.2);
  const up = z / 2.8 - Math.floor(z / 2.8);
  return face < 4 && across > 0.3 && across < 0.75 && up > 0.35 && up < 0.8;
}
