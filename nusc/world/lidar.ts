/**
 * A spinning scanner of 32 beams on the ego's roof. All returns of a turn
 * are taken at one moment, as if the vehicle's motion were compensated.
 * @module
 */
import { bodyAt, CLEARANCE } from "./bodies.ts";
import { solidsOf } from "./camera.ts";
import { type Frame, globalFrame } from "./pose.ts";
import type { Sensor } from "./rig.ts";
import { egoPose, type Place } from "./road.ts";
import type { Scene } from "./scene.ts";
import type { Solid } from "./solid.ts";

const BEAMS = 32;
/** Radians: the lowest beam and the step to the next. */
const LOWEST = -30.67 * Math.PI / 180;
const STEP = 4 / 3 * Math.PI / 180;
/** Radians by which the scanner may lean in its mount. */
const LEAN = 0.05;

/** What limits a scan. */
export interface ScanLimits {
  /** Metres. */
  range: number;
  columns: number;
  /** Every n-th firing keeps its ground returns. */
  groundEvery: number;
}

/** Returns of one turn. */
export interface Scan {
  /** [n * 5]: x, y, z in the LiDAR frame (metres), intensity, ring. */
  points: Float32Array;
  /** Points inside each present object's box. */
  hits: number[];
}

interface Scanner extends Frame {
  columns: number;
  angles: ReturnType<typeof anglesOf>;
  /** Metres to the nearest surface by beam and column. */
  ranges: Float32Array;
  /** Intensity of that surface. */
  intensity: Uint8Array;
}

/** Scans the ground and the present objects at a time in seconds. */
export function scan(
  scene: Scene,
  sensor: Sensor,
  present: number[],
  time: number,
  limits: ScanLimits,
): Scan {
  const rays = BEAMS * limits.columns;
  const scanner: Scanner = {
    ...globalFrame(egoPose(scene.drive, time), sensor),
    columns: limits.columns,
    angles: anglesOf(limits.columns),
    ranges: new Float32Array(rays).fill(limits.range),
    intensity: new Uint8Array(rays),
  };
  const places = present.map((id) =>
    bodyAt(scene.drive.road, scene.bodies[id]!, time)
  );
  present.forEach((id, i) => {
    for (const solid of solidsOf(scene, id, places[i]!)) hit(scanner, solid);
  });
  const points = collect(scanner, limits);
  const hits = present.map((id, i) =>
    countInside(scanner, points, places[i]!, scene.bodies[id]!.size)
  );
  return { points, hits };
}

/** Sines and cosines of all columns and beams. */
function anglesOf(columns: number) {
  const turns = Float64Array.from(
    { length: columns },
    (_, column) => 2 * Math.PI * column / columns - Math.PI,
  );
  const beams = Float64Array.from(
    { length: BEAMS },
    (_, beam) => LOWEST + STEP * beam,
  );
  return {
    right: turns.map(Math.sin),
    ahead: turns.map(Math.cos),
    up: beams.map(Math.sin),
    level: beams.map(Math.cos),
  };
}

/** Direction of a ray, length one, in the LiDAR and in the global frame. */
function direction(scanner: Scanner, beam: number, column: number) {
  const { right, ahead, up, level } = scanner.angles;
  const x = level[beam]! * right[column]!, y = level[beam]! * ahead[column]!;
  const z = up[beam]!;
  const m = scanner.matrix;
  return {
    x,
    y,
    z,
    gx: m[0]! * x + m[1]! * y + m[2]! * z,
    gy: m[3]! * x + m[4]! * y + m[5]! * z,
    gz: m[6]! * x + m[7]! * y + m[8]! * z,
  };
}

/** Shortens the rays that meet a box. */
function hit(scanner: Scanner, solid: Solid): void {
  const { part, centre, heading } = solid;
  const cos = Math.cos(heading), sin = Math.sin(heading);
  const dx = scanner.origin[0] - centre[0], dy = scanner.origin[1] - centre[1];
  const ox = dx * cos + dy * sin, oy = dy * cos - dx * sin;
  const oz = scanner.origin[2] - centre[2];
  const [hx, hy, hz] = part.size.map((extent) => extent / 2) as [
    number,
    number,
    number,
  ];
  const bounds = boundsOf(scanner, solid, ox, oy, oz);
  const bright = 90 * (part.colour[0] + part.colour[1] + part.colour[2]) / 3;
  for (let beam = bounds.low; beam <= bounds.high; beam++) {
    for (let step = bounds.first; step <= bounds.last; step++) {
      const column = (step + 2 * scanner.columns) % scanner.columns;
      const ray = direction(scanner, beam, column);
      const ix = 1 / (ray.gx * cos + ray.gy * sin);
      const iy = 1 / (ray.gy * cos - ray.gx * sin);
      const iz = 1 / ray.gz;
      const ax = ix < 0 ? -hx : hx, ay = iy < 0 ? -hy : hy;
      const az = iz < 0 ? -hz : hz;
      const near = Math.max(
        (-ax - ox) * ix,
        (-ay - oy) * iy,
        (-az - oz) * iz,
      );
      const far = Math.min((ax - ox) * ix, (ay - oy) * iy, (az - oz) * iz);
      const at = beam * scanner.columns + column;
      if (near > far || near < 0.5 || near >= scanner.ranges[at]!) continue;
      scanner.ranges[at] = near;
      scanner.intensity[at] = 5 + bright;
    }
  }
}

/** Beams and columns that may meet a box whose frame holds the scanner at o. */
function boundsOf(
  scanner: Scanner,
  solid: Solid,
  ox: number,
  oy: number,
  oz: number,
) {
  const [l, w, h] = solid.part.size;
  const nearest = Math.hypot(
    Math.max(0, Math.abs(ox) - l / 2),
    Math.max(0, Math.abs(oy) - w / 2),
  );
  const all = { low: 0, high: BEAMS - 1, first: 0, last: scanner.columns - 1 };
  if (nearest < 0.5) return all;
  const farthest = Math.hypot(Math.abs(ox) + l / 2, Math.abs(oy) + w / 2);
  const up = h / 2 - oz, down = -h / 2 - oz;
  const top = Math.atan2(up, up > 0 ? nearest : farthest) + LEAN;
  const bottom = Math.atan2(down, down < 0 ? nearest : farthest) - LEAN;
  const m = scanner.matrix;
  // The scanner's y axis on the ground: where azimuth is zero.
  const ahead = Math.atan2(m[4]!, m[1]!) - solid.heading;
  const middle = ahead - Math.atan2(-oy, -ox);
  let left = 0, right = 0;
  for (const sx of [-1, 1]) {
    for (const sy of [-1, 1]) {
      const angle = ahead - Math.atan2(sy * w / 2 - oy, sx * l / 2 - ox);
      const off = wrap(angle - middle);
      left = Math.min(left, off);
      right = Math.max(right, off);
    }
  }
  const columnOf = (angle: number) =>
    (angle + Math.PI) * scanner.columns / (2 * Math.PI);
  const centre = wrap(middle);
  const first = Math.floor(columnOf(centre + left - LEAN));
  const last = Math.ceil(columnOf(centre + right + LEAN));
  return {
    low: Math.max(0, Math.floor((bottom - LOWEST) / STEP)),
    high: Math.min(BEAMS - 1, Math.ceil((top - LOWEST) / STEP)),
    first,
    last: Math.min(last, first + scanner.columns - 1),
  };
}

function wrap(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

/** Returns in firing order: a column's beams from the lowest up. */
function collect(scanner: Scanner, limits: ScanLimits): Float32Array {
  const { columns, ranges, intensity, origin } = scanner;
  const values: number[] = [];
  for (let column = 0; column < columns; column++) {
    const ground = column % limits.groundEvery === 0;
    for (let beam = 0; beam < BEAMS; beam++) {
      const at = beam * columns + column;
      let range = ranges[at]!;
      const solid = range < limits.range;
      if (!solid && !ground) continue;
      const ray = direction(scanner, beam, column);
      if (!solid) {
        range = ray.gz < 0 ? -origin[2] / ray.gz : Infinity;
        if (range >= limits.range) continue;
      }
      values.push(
        ray.x * range,
        ray.y * range,
        ray.z * range,
        solid ? intensity[at]! : 8,
        beam,
      );
    }
  }
  return Float32Array.from(values);
}

/** Points, as written, inside the annotated box of an object. */
function countInside(
  scanner: Scanner,
  points: Float32Array,
  place: Place,
  [length, width, height]: [number, number, number],
): number {
  const m = scanner.matrix;
  const cos = Math.cos(place.heading), sin = Math.sin(place.heading);
  let count = 0;
  for (let i = 0; i < points.length; i += 5) {
    const px = points[i]!, py = points[i + 1]!, pz = points[i + 2]!;
    const x = m[0]! * px + m[1]! * py + m[2]! * pz + scanner.origin[0] -
      place.x;
    const y = m[3]! * px + m[4]! * py + m[5]! * pz + scanner.origin[1] -
      place.y;
    const z = m[6]! * px + m[7]! * py + m[8]! * pz + scanner.origin[2] -
      CLEARANCE;
    if (
      z >= 0 && z <= height &&
      Math.abs(x * cos + y * sin) <= length / 2 &&
      Math.abs(y * cos - x * sin) <= width / 2
    ) count++;
  }
  return count;
}
