/**
 * The road of a scene, an arc of constant curvature, and the ego's drive
 * along it on flat ground (z = 0).
 * @module
 */
import type { Pose } from "./pose.ts";
import type { Random } from "./random.ts";

/** An arc; `along` is measured from its start, `lateral` to the left. */
export interface Road {
  x: number;
  y: number;
  /** Radians at the start. */
  heading: number;
  /** 1/m, never zero; positive turns left. */
  curvature: number;
}

/** A place on the ground; `heading` in radians. */
export interface Place {
  x: number;
  y: number;
  heading: number;
}

/** Side of the square, in metres, that a location's map covers. */
export const MAP_SIDE = 512;

/** Half widths in metres: lane line, road, pavement. */
export const ROAD_WIDTHS = { lane: 1.8, edge: 5.4, road: 5.5, pavement: 8.5 };

/** A road that stays on the map for some 170 m. */
export function buildRoad(random: Random): Road {
  return {
    x: MAP_SIDE / 2 + random.uniform(-60, 60),
    y: MAP_SIDE / 2 + random.uniform(-60, 60),
    heading: random.uniform(-Math.PI, Math.PI),
    curvature: random.sign() * random.uniform(1e-4, 0.012),
  };
}

/** From road coordinates to global ones. */
export function placeOn(road: Road, along: number, lateral: number): Place {
  const heading = road.heading + road.curvature * along;
  const reach = 1 / road.curvature;
  return {
    x: road.x + reach * (Math.sin(heading) - Math.sin(road.heading)) -
      lateral * Math.sin(heading),
    y: road.y - reach * (Math.cos(heading) - Math.cos(road.heading)) +
      lateral * Math.cos(heading),
    heading,
  };
}

/** The centre of the arc and its signed radius, for the way back. */
export function arcOf(road: Road): { x: number; y: number; reach: number } {
  const reach = 1 / road.curvature;
  return {
    x: road.x - reach * Math.sin(road.heading),
    y: road.y + reach * Math.cos(road.heading),
    reach,
  };
}

/** How the ego drives: speed with a slow swing, weaving a little. */
export interface Drive {
  road: Road;
  /** m/s on average. */
  speed: number;
  /** Metres ahead of or behind the average, at most. */
  swing: number;
  phase: number;
  /** Metres to either side, at most. */
  weave: number;
}

/** A drive at 1.5 to 7 m/s. */
export function buildDrive(random: Random, road: Road): Drive {
  const speed = random.uniform(1.5, 7);
  return {
    road,
    speed,
    swing: speed * random.uniform(0, 0.5),
    phase: random.uniform(0, 2 * Math.PI),
    weave: 0.3,
  };
}

const SWING_RATE = 0.35;
const WEAVE_RATE = 0.5;

/** Metres along the road at a time in seconds. */
export function alongAt(drive: Drive, time: number): number {
  const { speed, swing, phase } = drive;
  return speed * time +
    swing * (Math.sin(SWING_RATE * time + phase) - Math.sin(phase));
}

/** Where the ego is at a time in seconds, heading along its own motion. */
export function egoAt(drive: Drive, time: number): Place {
  const angle = WEAVE_RATE * time + drive.phase;
  const lateral = drive.weave * Math.sin(angle);
  const place = placeOn(drive.road, alongAt(drive, time), lateral);
  const ahead = drive.speed + drive.swing * SWING_RATE *
      Math.cos(SWING_RATE * time + drive.phase);
  const aside = drive.weave * WEAVE_RATE * Math.cos(angle);
  return { ...place, heading: place.heading + Math.atan2(aside, ahead) };
}

/** `globalFromEgo` at a time in seconds. */
export function egoPose(drive: Drive, time: number): Pose {
  const { x, y, heading } = egoAt(drive, time);
  return {
    translation: [x, y, 0],
    rotation: [Math.cos(heading / 2), 0, 0, Math.sin(heading / 2)],
  };
}
