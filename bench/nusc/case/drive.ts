/**
 * A scene: the car drives straight on, objects stand or move around it for a
 * part of the time.
 * @module
 */
import type { Random } from "../../../nusc/world/random.ts";
import { type Kind, KINDS } from "./kinds.ts";

/** Seconds between two key frames. */
export const PERIOD = 0.5;

/** Objects of a scene; with their lives, 34 annotations a key frame. */
const OBJECTS = 76;

/** An object and when it is annotated. */
export interface Thing {
  kind: Kind;
  /** Key frames, the last one not included. */
  first: number;
  end: number;
  /** Width, length, height, metres. */
  size: number[];
  /** Where it is at `first`, global frame, metres. */
  x: number;
  y: number;
  z: number;
  /** m/s. */
  vx: number;
  vy: number;
  /** Radians about global z. */
  yaw: number;
}

/** A scene's course. */
export interface Drive {
  /** Key frames. */
  frames: number;
  /** Microseconds of the first key frame. */
  start: number;
  x: number;
  y: number;
  /** Radians. */
  heading: number;
  /** m/s. */
  speed: number;
  things: Thing[];
}

/** Makes up a scene. */
export function makeDrive(
  random: Random,
  frames: number,
  start: number,
): Drive {
  const drive: Drive = {
    frames,
    start,
    x: random.uniform(300, 2000),
    y: random.uniform(300, 2000),
    heading: random.uniform(-Math.PI, Math.PI),
    speed: random.uniform(0, 12),
    things: [],
  };
  for (let i = 0; i < OBJECTS; i++) drive.things.push(makeThing(random, drive));
  return drive;
}

/** Where the car is, seconds after the first key frame. */
export function egoAt({ x, y, heading, speed }: Drive, seconds: number) {
  return {
    x: x + speed * seconds * Math.cos(heading),
    y: y + speed * seconds * Math.sin(heading),
  };
}

/** Where an object is in a key frame. */
export function thingAt(thing: Thing, frame: number) {
  const seconds = (frame - thing.first) * PERIOD;
  return {
    x: thing.x + thing.vx * seconds,
    y: thing.y + thing.vy * seconds,
  };
}

/** An object that is around the car in the middle of its own life. */
function makeThing(random: Random, drive: Drive): Thing {
  const kind = random.weighted(KINDS);
  const life = Math.min(drive.frames, 2 + random.index(33));
  const first = random.index(drive.frames - life + 1);
  const middle = first + life / 2;
  const ego = egoAt(drive, middle * PERIOD);
  const angle = random.uniform(-Math.PI, Math.PI);
  const radius = random.uniform(3, 75);
  const speed = random.chance(0.4) ? kind.speed * random.uniform(0.5, 1.5) : 0;
  const yaw = drive.heading + (random.chance(0.5) ? Math.PI : 0) +
    0.1 * random.normal();
  const [vx, vy] = [speed * Math.cos(yaw), speed * Math.sin(yaw)];
  const before = (middle - first) * PERIOD;
  return {
    kind,
    first,
    end: first + life,
    size: kind.size.map((side) => round(side * random.uniform(0.85, 1.15))),
    x: ego.x + radius * Math.cos(angle) - vx * before,
    y: ego.y + radius * Math.sin(angle) - vy * before,
    z: random.uniform(0.4, 1.8),
    vx,
    vy,
    yaw,
  };
}

/** To millimetres, as people annotate. */
export function round(metres: number): number {
  return Math.round(metres * 1000) / 1000;
}

/** The rotation about z, w-first. */
export function turn(yaw: number): number[] {
  return [Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)];
}
